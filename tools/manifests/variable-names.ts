import { environmentSchema } from '@parley/contracts';
import { PROVIDERS } from '@parley/providers';
import { variablesOf } from '../provider-table.mjs';

/** What Parley's own processes read, apart from the providers' variables. */
export const SETTINGS: readonly string[] = Object.keys(environmentSchema.shape);

/** What the provider catalog reads at the first start; `<PREFIX>_BASE_URL` only where there is no address without it. */
export const CATALOG_VARIABLES: readonly string[] = PROVIDERS.flatMap((provider) => {
  const { environment } = provider;
  if (!environment) return [];
  const needsAddress = provider.baseUrl === null && !provider.baseUrlFor && !environment.baseUrl;
  return [...variablesOf(environment), ...(needsAddress ? [`${environment.prefix}_BASE_URL`] : [])];
});

/** What a provider's own conditions or the libraries that let it in read beyond that. */
export const FURTHER_PROVIDER_VARIABLES: readonly string[] = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GITHUB_COPILOT_ENABLED',
];

/** What docker-compose.yml alone takes from `.env`. */
export const COMPOSE_VARIABLES: readonly string[] = [
  'COMPOSE_PROJECT_NAME',
  'POSTGRES_PASSWORD',
  'GRAFANA_PASSWORD',
  'GATEWAY_ADDRESS',
  'GATEWAY_PORT',
  'PARLEY_TAG',
];

/** What other people's images, the base image's Node and Kubernetes' own expansion read. */
export const FOREIGN_VARIABLES: readonly string[] = [
  'POSTGRES_USER',
  'POSTGRES_DB',
  'POSTGRES_PASSWORD',
  'GF_SECURITY_ADMIN_PASSWORD',
  'GF_USERS_ALLOW_SIGN_UP',
  'GF_ANALYTICS_REPORTING_ENABLED',
  'GF_ANALYTICS_CHECK_FOR_UPDATES',
  'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH',
];
