import { Controller, Get, Injectable, type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The management API in OpenAPI's words, made from its controllers and schemas when it is first asked for. */
@Injectable()
export class ApiDescription {
  private app: INestApplication | undefined;
  private document: OpenAPIObject | undefined;

  /** Called once, when the app has been made: only then are all of its routes known. */
  describe(app: INestApplication): void {
    this.app = app;
  }

  read(): OpenAPIObject {
    return (this.document ??= this.create());
  }

  private create(): OpenAPIObject {
    if (!this.app) throw new Error('there is no app to describe');
    const frame = new DocumentBuilder()
      .setTitle('Parley management API')
      .setDescription('For administrators: every route but `/api/me/usage` wants an API key with the role `admin`.')
      .setVersion('1')
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'sk-parley-…' })
      .addSecurityRequirements('bearer')
      .build();
    const document = SwaggerModule.createDocument(this.app, frame);
    const paths = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/'));
    for (const operation of paths.flatMap(([, item]) => Object.values(item) as { parameters?: { name: string }[] }[])) {
      // The path of a wildcard says `{path}`, its parameter keeps the router's name.
      for (const parameter of operation.parameters ?? []) if (parameter.name === '*') parameter.name = 'path';
    }
    return { ...document, paths: Object.fromEntries(paths) };
  }
}

/**
 * The description as JSON. Without Swagger's page: its routes would be registered past the guards, and its scripts do not
 * run under our content security policy.
 */
@Controller('api/docs')
export class ApiDescriptionController {
  constructor(private readonly description: ApiDescription) {}

  @Get()
  read(): OpenAPIObject {
    return this.description.read();
  }
}
