/** Port: the API's description of itself. Made from the table of routes, so routes know only this of it. */
import type { HttpResponse } from '../client-server.ts';

export interface ApiDocuments {
  /** The same object every time. */
  openApi(): object;
  asyncApi(): object;
  /** The readable form, without an ETag. */
  page(): HttpResponse;
}
