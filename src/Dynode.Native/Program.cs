using Dynode.Native.Hosting;

return new CommandLine().Run(args);
