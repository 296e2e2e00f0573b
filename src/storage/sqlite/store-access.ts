import type { Transaction } from './transaction.ts';

/** How the parts of the store reach its database: reads at once, writes in the transaction of their turn. */
export interface StoreAccess {
  read: <T>(query: () => T) => Promise<T>;
  write: <T>(operation: (transaction: Transaction) => T) => Promise<T>;
}
