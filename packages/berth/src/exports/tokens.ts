// Access tokens: who may call a route.
export {
  requireToken,
  token,
  type Claims,
  type TokenOptions,
  type TokenVerifier,
} from "../api/require-token";
export {
  attachTokens,
  createTokens,
  TokenRefused,
  type AttachedTokens,
  type TokenClaims,
  type Tokens,
  type TokensOptions,
} from "../backing/tokens";
