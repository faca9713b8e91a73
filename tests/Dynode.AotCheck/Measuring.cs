using Xunit.Sdk;
using Xunit.v3;

// These tests measure a program's start and its memory: beside each other they would measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
