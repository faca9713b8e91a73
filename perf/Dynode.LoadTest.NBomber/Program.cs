using Dynode.LoadTest;
using Dynode.LoadTest.NBomber;

return new LoadOptions().Run(args, NBomberHost.RunAsync, Console.Out);
