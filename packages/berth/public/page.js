// Shows the document that lies beside the page, and tries its requests on the service that has sent it.
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
  // It would send the document to a service of somebody else's.
  validatorUrl: null,
  onComplete() {
    document.title = ui.specSelectors.info().get("title");
  },
});
