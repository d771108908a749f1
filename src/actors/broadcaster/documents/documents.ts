/** The documents of this API, each made when it is first asked for, once in the life of a broadcaster. */
import type { HttpResponse } from '../client-server.ts';
import type { ApiDocuments } from '../routes/api-documents.ts';
import type { Route } from '../routes/route.ts';
import { type AsyncApi, asyncApiOf } from './asyncapi.ts';
import { docsPage } from './docs-page.ts';
import { DOCS_HEADERS } from './docs-style.ts';
import { type OpenApi, openApiOf } from './openapi.ts';

export class GeneratedDocuments implements ApiDocuments {
  readonly #routes: readonly Route[];
  readonly #url: string;
  #openApi: OpenApi | undefined;
  #asyncApi: AsyncApi | undefined;
  #page: HttpResponse | undefined;

  /** `url`: where clients reach the API. */
  constructor(routes: readonly Route[], url: string) {
    this.#routes = routes;
    this.#url = url;
  }

  openApi(): OpenApi {
    this.#openApi ??= openApiOf(this.#routes, this.#url);
    return this.#openApi;
  }

  asyncApi(): AsyncApi {
    this.#asyncApi ??= asyncApiOf(this.#url);
    return this.#asyncApi;
  }

  page(): HttpResponse {
    this.#page ??= {
      status: 200,
      headers: DOCS_HEADERS,
      body: Buffer.from(docsPage(this.openApi(), this.asyncApi())),
    };
    return this.#page;
  }
}
