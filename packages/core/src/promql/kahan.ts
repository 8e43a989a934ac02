/**
 * A running sum with Neumaier's compensation, step by step as Prometheus adds, so that results
 * agree to the last digit. The value is `sum + compensation`; after an overflow it is `sum`.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  reset(sum: number): void {
    this.sum = sum;
    this.compensation = 0;
  }

  add(term: number): void {
    const { sum } = this;
    const total = sum + term;
    if (total === Infinity || total === -Infinity) this.compensation = 0;
    else if (Math.abs(sum) >= Math.abs(term)) this.compensation += sum - total + term;
    else this.compensation += term - total + sum;
    this.sum = total;
  }

  scale(factor: number): void {
    this.sum *= factor;
    this.compensation *= factor;
  }

  divide(by: number): void {
    this.sum /= by;
    this.compensation /= by;
  }

  total(): number {
    return this.sum + this.compensation;
  }
}
