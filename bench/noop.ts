// The handler of the benchmark: does nothing but say when it started.
export default {
  noop: async () => performance.timeOrigin + performance.now(),
};
