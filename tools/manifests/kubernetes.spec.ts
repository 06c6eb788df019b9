import { describe, expect, it } from '@jest/globals';
import { environmentSchema } from '@parley/contracts';
import { parseAllDocuments } from 'yaml';
import {
  type Container,
  type Selector,
  type Service,
  type Settings,
  type Workload,
  selects,
} from './kubernetes-types.ts';
import { isInstalled, run } from './program.ts';
import { FOREIGN_VARIABLES, SETTINGS } from './variable-names.ts';

type Policy = { kind: string; metadata: { name: string }; spec: { podSelector: Selector } };
type Budget = { kind: string; metadata: { name: string }; spec: { selector: Selector } };
type Monitor = { kind: string; spec: { selector: Selector; endpoints: { port: string }[] } };
type Autoscaler = { kind: string; spec: { scaleTargetRef: { kind: string; name: string } } };
type Resource = { kind: string; metadata: { name: string; namespace?: string } };

const hasKubectl = isInstalled('kubectl');
const suite = hasKubectl ? describe.each(['dev', 'prod']) : describe.skip.each(['dev', 'prod']);

suite(`the %s overlay${hasKubectl ? '' : ' (SKIPPED: no kubectl to build it)'}`, (overlay) => {
  const resources = hasKubectl ? build(overlay) : [];
  const ofKind = <Kind extends { kind: string }>(...kinds: string[]): Kind[] =>
    resources.filter(({ kind }) => kinds.includes(kind)) as unknown as Kind[];
  const workloads = ofKind<Workload>('Deployment', 'StatefulSet');
  const services = ofKind<Service>('Service');
  const settings = ofKind<Settings>('ConfigMap');
  const ours = workloads.filter(({ metadata }) => ['gateway', 'worker'].includes(metadata.name));

  const containers = workloads.flatMap(({ metadata, spec: { template } }) =>
    [...(template.spec.initContainers ?? []), ...template.spec.containers].map(
      (container) => [`${metadata.name}/${container.name}`, container] as const,
    ),
  );

  it('runs the gateway and the worker, in one namespace', () => {
    expect(ours).toHaveLength(2);
    const namespaces = resources.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace);
    expect(new Set(namespaces)).toEqual(new Set(['parley']));
  });

  it('ships no secret', () => {
    expect(ofKind('Secret')).toEqual([]);
    const secretNames = /KEY|TOKEN|PASSWORD|SECRET|DATABASE_URL/;
    for (const { data } of settings) {
      for (const name of Object.keys(data)) expect(name).not.toMatch(secretNames);
    }
    for (const [, { env = [] }] of containers) {
      for (const { name, value } of env.filter((variable) => secretNames.test(variable.name))) {
        // A value may only be put together from a variable that comes out of a Secret.
        if (value !== undefined) expect({ name, value }).toMatchObject({ value: expect.stringContaining('$(') });
      }
    }
  });

  it('locks every container down, limits it and pins its image', () => {
    for (const [name, container] of containers) {
      expect({ ...container, name }).toMatchObject({
        image: expect.stringMatching(/:(?!latest$)[\w.-]+$/),
        resources: { requests: { cpu: expect.any(String), memory: expect.any(String) } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      });
      expect(container.resources?.limits?.memory).toBeDefined();
    }
  });

  it('runs every pod as a user that is not root and has no access to the cluster', () => {
    for (const { spec } of workloads) {
      expect(spec.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: expect.any(Number),
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
    }
  });

  it('asks every container whether it has started, lives and is ready, at ports that it has', () => {
    for (const container of workloads.flatMap(({ spec }) => spec.template.spec.containers)) {
      for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
        expect(probe).toBeDefined();
        if (probe?.httpGet) expect(portNames(container)).toContain(probe.httpGet.port);
      }
    }
  });

  it('restarts a pod for its own event loop only, and routes to it when it is ready', () => {
    for (const { spec } of ours) {
      const [container] = spec.template.spec.containers;
      expect(container?.startupProbe?.httpGet?.path).toBe('/health/startup');
      expect(container?.livenessProbe?.httpGet?.path).toBe('/health/live');
      expect(container?.readinessProbe?.httpGet?.path).toBe('/health/ready');
    }
  });

  it('gives pods longer to stop than they pause and drain', () => {
    const drainSeconds = Number(settings[0]?.data.DRAIN_TIMEOUT_S);
    expect(drainSeconds).toBeGreaterThan(0);
    for (const { spec } of ours) {
      const { terminationGracePeriodSeconds = 30, containers: running } = spec.template.spec;
      const pauseSeconds = running[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(pauseSeconds + drainSeconds);
    }
  });

  it('selects the pods that each workload makes', () => {
    for (const { spec } of workloads) {
      expect(selects({ matchLabels: spec.selector.matchLabels }, spec.template.metadata.labels)).toBe(true);
    }
  });

  it('leads every service to ports of exactly one workload', () => {
    for (const { spec } of services) {
      const targets = workloads.filter((workload) =>
        selects({ matchLabels: spec.selector }, workload.spec.template.metadata.labels),
      );
      expect(targets).toHaveLength(1);
      const offered = targets.flatMap((target) => target.spec.template.spec.containers.flatMap(portNames));
      for (const { targetPort } of spec.ports) expect(offered).toContain(targetPort);
    }
  });

  it('has policies, disruption budgets and autoscalers for workloads that exist', () => {
    const labels = workloads.map(({ spec }) => spec.template.metadata.labels);
    const selectors = [
      ...ofKind<Policy>('NetworkPolicy').map(({ spec }) => spec.podSelector),
      ...ofKind<Budget>('PodDisruptionBudget').map(({ spec }) => spec.selector),
    ];
    for (const selector of selectors) expect(labels.some((pod) => selects(selector, pod))).toBe(true);
    for (const { spec } of ofKind<Autoscaler>('HorizontalPodAutoscaler')) {
      expect(workloads.map(({ metadata }) => metadata.name)).toContain(spec.scaleTargetRef.name);
    }
  });

  it('denies all traffic that no policy allows', () => {
    expect(ofKind<Policy>('NetworkPolicy').map(({ spec }) => spec)).toContainEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('lets Prometheus find the metrics port of both processes', () => {
    for (const { spec } of ofKind<Monitor>('ServiceMonitor')) {
      const found = services.filter(({ metadata }) => selects(spec.selector, metadata.labels ?? {}));
      expect(found.map(({ metadata }) => metadata.name).toSorted()).toEqual(['gateway', 'worker']);
      for (const service of found) {
        expect(service.spec.ports.map(({ name }) => name)).toEqual(
          expect.arrayContaining(spec.endpoints.map(({ port }) => port)),
        );
      }
    }
  });

  it('takes settings only from what is shipped, and secrets only from the two of the operator', () => {
    const shipped = settings.map(({ metadata }) => metadata.name);
    for (const [, { env = [], envFrom = [] }] of containers) {
      for (const { configMapRef, secretRef } of envFrom) {
        if (configMapRef) expect(shipped).toContain(configMapRef.name);
        if (secretRef) expect(secretRef.name).toBe('parley-provider-keys');
      }
      for (const { valueFrom } of env) {
        if (valueFrom) expect(valueFrom.secretKeyRef.name).toBe('parley-secrets');
      }
    }
  });

  it('sets only variables that are read, to values that are accepted', () => {
    const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> = environmentSchema.shape;
    const literal = [
      ...settings.flatMap(({ data }) => Object.entries(data)),
      ...containers.flatMap(([, { env = [] }]) => env.map(({ name, value }) => [name, value] as const)),
    ];
    for (const [name, value] of literal) {
      expect([...SETTINGS, ...FOREIGN_VARIABLES]).toContain(name);
      if (value !== undefined && shape[name]) {
        expect({ name, accepted: shape[name].safeParse(value).success }).toEqual({ name, accepted: true });
      }
    }
  });
});

function build(overlay: string): Resource[] {
  const folder = new URL(`../../k8s/overlays/${overlay}`, import.meta.url).pathname;
  return parseAllDocuments(run('kubectl', ['kustomize', folder])).map((document) => document.toJS() as Resource);
}

function portNames(container: Container): string[] {
  return (container.ports ?? []).map(({ name }) => name);
}
