/** The types of the HTTP API's bodies, derived from the schemas they are validated and documented by. */
import type { AccountView } from '../bet-view.ts';

export type { NonceAnswer, VerifyAnswer, VerifyRequest } from './account-answers.ts';
export type { BetsAnswer, CheckpointsAnswer, ProofAnswer } from './bet-answers.ts';
export type {
  CandlesAnswer,
  CandleView,
  PriceAnswer,
  PricesAnswer,
  StatusAnswer,
  TimeAnswer,
} from './market-answers.ts';
export type AccountAnswer = AccountView;
