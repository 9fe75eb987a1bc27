// A linearizable read is a round of Paxos and may lose it to others; the server then speaks of a write that timed out, which
// the driver's own policy does not repeat. It is a read all the same: once more does no harm.
import { policies, type types } from 'cassandra-driver';

type Decision = policies.retry.DecisionInfo;
type Operation = policies.retry.OperationInfo;

export class SerialReadRetry extends policies.retry.RetryPolicy {
  override onWriteTimeout(operation: Operation, consistency: types.consistencies): Decision {
    return this.#once(operation, consistency);
  }

  override onReadTimeout(operation: Operation, consistency: types.consistencies): Decision {
    return this.#once(operation, consistency);
  }

  #once({ nbRetry }: Operation, consistency: types.consistencies): Decision {
    return nbRetry === 0 ? this.retryResult(consistency, false) : this.rethrowResult();
  }
}
