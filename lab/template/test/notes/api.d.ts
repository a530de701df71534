// The requests and responses of the service, written by `npm run client`.

export interface paths {
  "/livez": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Liveness probe: the process runs. */
    get: operations["getLivez"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/readyz": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Readiness probe: the process can take requests. */
    get: operations["getReadyz"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Returns the service's name and version. */
    get: operations["getRoot"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/notes": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists notes, the newest first. */
    get: operations["getNotes"];
    put?: never;
    /** Creates a note. */
    post: operations["postNotes"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/notes/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Reads a note. */
    get: operations["getNotesById"];
    /** Replaces a note. */
    put: operations["putNotesById"];
    post?: never;
    /** Deletes a note. */
    delete: operations["deleteNotesById"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** Problem */
    Problem: {
      /** @description The type of the problem; `about:blank` if the status says it all. */
      type: string;
      title: string;
      status: number;
      /** @description What is wrong with this request. */
      detail?: string;
      /** @description The id of the request in the log. */
      requestId: string;
      errors?: {
        /** @description Where in the body, as a JSON pointer. */
        pointer?: string;
        /** @description Which query parameter. */
        parameter?: string;
        detail: string;
      }[];
      /** @description How many more errors there are, at least. */
      omitted?: number;
    };
    /** Note */
    Note: {
      /**
       * Format: int64
       * @example 1
       */
      id: string;
      /** @example Some text */
      title: string;
      /** @example Some text */
      body: string;
      /**
       * Format: date-time
       * @example 2026-11-01T12:30:00Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-11-01T12:30:00Z
       */
      updatedAt: string;
    };
    /** NoteInput */
    NoteInput: {
      /** @example Some text */
      title: string;
      /** @example Some text */
      body: string;
    };
  };
  responses: {
    /** @description Any other problem. */
    Problem: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        /**
         * @example {
         *       "type": "about:blank",
         *       "title": "Internal Server Error",
         *       "status": 500,
         *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
         *     }
         */
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  getLivez: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            /** @constant */
            status: "ok";
          };
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getReadyz: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            /** @constant */
            status: "ok";
            checks: {
              [key: string]: "ok" | "failed";
            };
          };
        };
      };
      /** @description The process is draining, or a required check has failed: see `checks`. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Service Unavailable",
           *       "status": 503,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"] & {
            checks?: {
              [key: string]: "ok" | "failed";
            };
          };
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getRoot: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            name: string;
            version: string;
          };
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getNotes: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          /** @description The next page, if there is one. */
          Link?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"][];
        };
      };
      /** @description The request is malformed; `errors` lists what is wrong with its query. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Bad Request",
           *       "status": 400,
           *       "errors": [
           *         {
           *           "parameter": "limit",
           *           "detail": "must be at least 1"
           *         }
           *       ],
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  postNotes: {
    parameters: {
      query?: never;
      header?: {
        /** @description A key of the client's choice, with which it may send the request again. */
        "Idempotency-Key"?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NoteInput"];
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          /** @description `true` if this is the response to an earlier request. */
          "Idempotent-Replayed"?: string;
          /** @description Where the note is. */
          Location?: string;
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"];
        };
      };
      /** @description The request is malformed; `errors` lists what is wrong with its query. The `Idempotency-Key` is malformed. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Bad Request",
           *       "status": 400,
           *       "errors": [
           *         {
           *           "parameter": "limit",
           *           "detail": "must be at least 1"
           *         }
           *       ],
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description A request with this `Idempotency-Key` is in progress. */
      409: {
        headers: {
          /** @description After how many seconds the client may try again. */
          "Retry-After"?: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Conflict",
           *       "status": 409,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Payload Too Large",
           *       "status": 413,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is not JSON. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Unsupported Media Type",
           *       "status": 415,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Some fields are not valid; `errors` lists them. The `Idempotency-Key` came with another request. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Unprocessable Entity",
           *       "status": 422,
           *       "errors": [
           *         {
           *           "pointer": "/name",
           *           "detail": "is required"
           *         }
           *       ],
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  getNotesById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"];
        };
      };
      /** @description There is nothing at this path. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Not Found",
           *       "status": 404,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  putNotesById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["NoteInput"];
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Note"];
        };
      };
      /** @description The request is malformed; `errors` lists what is wrong with its query. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Bad Request",
           *       "status": 400,
           *       "errors": [
           *         {
           *           "parameter": "limit",
           *           "detail": "must be at least 1"
           *         }
           *       ],
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description There is nothing at this path. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Not Found",
           *       "status": 404,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Payload Too Large",
           *       "status": 413,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description The body is not JSON. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Unsupported Media Type",
           *       "status": 415,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description Some fields are not valid; `errors` lists them. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Unprocessable Entity",
           *       "status": 422,
           *       "errors": [
           *         {
           *           "pointer": "/name",
           *           "detail": "is required"
           *         }
           *       ],
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
  deleteNotesById: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description No Content */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description There is nothing at this path. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "type": "about:blank",
           *       "title": "Not Found",
           *       "status": 404,
           *       "requestId": "3182d25c-3d38-49c4-937c-49bf693b078e"
           *     }
           */
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      default: components["responses"]["Problem"];
    };
  };
}
