using Dynode.Benchmarks.Running;

// --gate [--filter PATTERN]... | [--summary FILE] and whatever BenchmarkDotNet's command line takes.
return args is ["--gate", .. var patterns] ? Gate.Run(Console.Out, patterns) : Measurement.Run(args);
