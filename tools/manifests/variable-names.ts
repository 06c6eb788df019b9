import { environmentSchema } from '@parley/contracts';

/** What Parley's own processes read, apart from the providers' variables. */
export const SETTINGS: readonly string[] = Object.keys(environmentSchema.shape);

/** What the provider catalog reads at the first start. */
export const PROVIDER_VARIABLES: readonly string[] = [
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'GOOGLE_AI_API_KEY',
  'GEMINI_API_KEY',
  'AZURE_OPENAI_API_KEY',
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_OPENAI_API_VERSION',
  'AWS_REGION',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'VERTEX_API_KEY',
  'DATABRICKS_HOST',
  'DATABRICKS_TOKEN',
  'OPENROUTER_API_KEY',
  'OPENROUTER_APP_URL',
  'OPENROUTER_APP_NAME',
  'XAI_API_KEY',
  'GROK_API_KEY',
  'HUGGING_FACE_API_KEY',
  'HF_TOKEN',
  'GITHUB_TOKEN',
  'GITHUB_COPILOT_ENABLED',
  'MISTRAL_API_KEY',
  'GROQ_API_KEY',
  'DEEPSEEK_API_KEY',
  'COHERE_API_KEY',
  'TOGETHER_API_KEY',
  'FIREWORKS_API_KEY',
  'CEREBRAS_API_KEY',
  'PERPLEXITY_API_KEY',
  'OLLAMA_BASE_URL',
  'LITELLM_BASE_URL',
  'LITELLM_API_KEY',
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
