// What server-rendered pages need: HTML, forms, sessions, protection against forged requests, assets.
export { createAssets, type Assets, type AssetsOptions } from "../pages/assets";
export { checkForm, type CheckedForm, type FieldTexts } from "../pages/check-form";
export { crossOriginProtection, type CrossOriginOptions } from "../pages/cross-origin";
export { flash, type Flash, seeOther, takeFlashes } from "../pages/flash";
export { html, type Html, type HtmlValue, sendHtml, trustedHtml } from "../pages/html";
export {
  createSessions,
  endSession,
  renewSession,
  saveSession,
  type SessionsOptions,
} from "../pages/sessions";
export { undocumented } from "../pages/undocumented";
