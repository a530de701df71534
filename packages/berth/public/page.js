// Shows the OpenAPI document in Swagger UI, which sends requests to the service that serves this page.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const adapt = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", adapt);
adapt();

const ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  tagsSorter: "alpha",
  tryItOutEnabled: true,
  // The validator would send the document to a third-party service.
  validatorUrl: null,
  onComplete() {
    document.title = ui.specSelectors.info().get("title");
  },
});
