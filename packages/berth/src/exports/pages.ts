// What server-rendered pages need: HTML, forms, sessions, protection against forged requests, assets.
export { html, type Html, type HtmlValue, sendHtml, trustedHtml } from "../pages/html";
