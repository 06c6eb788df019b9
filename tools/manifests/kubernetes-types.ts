/** The parts of Kubernetes objects that the policy tests look at. */
export type Labels = Record<string, string>;

export type Variable = { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } };

export type Probe = { httpGet?: { path: string; port: string }; exec?: { command: string[] } };

export type Container = {
  name: string;
  image: string;
  command?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: Variable[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[] };
  };
};

export type PodSpec = {
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  initContainers?: Container[];
  containers: Container[];
};

export type Workload = {
  kind: 'Deployment' | 'StatefulSet';
  metadata: { name: string; namespace: string };
  spec: { selector: { matchLabels: Labels }; template: { metadata: { labels: Labels }; spec: PodSpec } };
};

export type Service = {
  kind: 'Service';
  metadata: { name: string; namespace: string; labels?: Labels };
  spec: { selector: Labels; ports: { name: string; port: number; targetPort: string }[] };
};

export type Settings = { kind: 'ConfigMap'; metadata: { name: string }; data: Record<string, string> };

export type Selector = {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values: string[] }[];
};

/** Only In is needed of the operators. */
export function selects(selector: Selector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(
      ({ key, operator, values }) => operator === 'In' && labels[key] !== undefined && values.includes(labels[key]),
    )
  );
}
