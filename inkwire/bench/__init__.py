"""The benchmarks of docs/performance.md."""
