// Access tokens, with the issuer as a backing service.
export type { TokenClaims } from "../tokens/cache";
export {
  attachTokens,
  createTokens,
  TokenRefused,
  type AttachedTokens,
  type Tokens,
  type TokensOptions,
} from "../tokens/tokens";
