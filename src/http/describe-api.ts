import type { OpenAPIHono } from '@hono/zod-openapi';
import type { HttpEnv } from './http-env.ts';
import { COOKIE } from './middleware/session-cookie.ts';

type Description = ReturnType<OpenAPIHono<HttpEnv>['getOpenAPI31Document']>;

/** Serves `/openapi.json`: the description of every route, made from the schemas that check requests. */
export function describeApi(app: OpenAPIHono<HttpEnv>, version: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of the server. Without keys, the server listens on loopback only and asks for none.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: COOKIE,
    description: `The cookie of a browser that signed in. On a port that is not its scheme's own, its name ends with the port: ${COOKIE}_8787.`,
  });
  const about = {
    openapi: '3.1.0',
    info: {
      title: 'Rowmill',
      version,
      description: 'Runs an LLM agent over every row of a table.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
  };
  // Its own handler: a schema that can't be described is logged with its reason.
  app.get('/openapi.json', (c) => c.json(withOptionalParameters(app.getOpenAPI31Document(about), app)));
}

/** The library takes `exactOptional` parameters for required ones; in bodies it does not. */
function withOptionalParameters(description: Description, { openAPIRegistry }: OpenAPIHono<HttpEnv>): Description {
  for (const definition of openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { path, method, request } = definition.route;
    const { shape = {} } = (request?.query ?? {}) as { shape?: Record<string, { _zod: { optin?: string } }> };
    const operation = description.paths?.[path]?.[method as 'get'];
    for (const parameter of operation?.parameters ?? []) {
      if (!('in' in parameter) || parameter.in !== 'query') continue;
      if (shape[parameter.name]?._zod.optin === 'optional') parameter.required = false;
    }
  }
  return description;
}
