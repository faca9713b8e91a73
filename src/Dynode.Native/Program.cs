using Dynode.Native.Hosting;

StandardDescriptors.Fill();
return new CommandLine().Run(args);
