export * from './dialect.ts';
export * from './sse.ts';
export { geminiGenerateContent } from './gemini-generate-content/index.ts';
