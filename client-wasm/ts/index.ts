export { Sotto } from './sotto.js';
export { SottoError, type SottoErrorCode } from './error.js';
export type {
  AnswerOf,
  Change,
  CommandOf,
  CommandType,
  Listener,
  NewDevice,
  NewVault,
  QueryOf,
  QueryType,
  ReplyOf,
  StartOptions,
  VaultState,
} from './types.js';
export type * from './generated/api.js';
