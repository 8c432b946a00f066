/** The time of day for what counts seconds on screen. Ends with the component that asked for it. */
export class Ticking {
  now = $state(Date.now());

  /** `every` milliseconds, while `needed`. To be made while a component is set up. */
  constructor(needed: () => boolean, every = 1000) {
    $effect(() => {
      if (!needed()) return;
      this.now = Date.now();
      const timer = setInterval(() => (this.now = Date.now()), every);
      return () => clearInterval(timer);
    });
  }
}
