// Access tokens: the issuer as a backing service.
export {
  attachTokens,
  createTokens,
  TokenRefused,
  type AttachedTokens,
  type TokenClaims,
  type Tokens,
  type TokensOptions,
} from "../tokens/tokens";
