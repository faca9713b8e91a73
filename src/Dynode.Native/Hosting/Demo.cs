using Dynode.Native.Configuration;

namespace Dynode.Native.Hosting;

/// <summary>The product in a minute: three line servers and the broadcaster in front of them, in one process.</summary>
internal static class Demo
{
    private const int Servers = 3;

    /// <summary>Runs until Ctrl-C.</summary>
    /// <returns>The <see cref="ExitStatus"/>.</returns>
    public static int Run(int port, TextWriter output)
    {
        TextWriter lines = TextWriter.Synchronized(output);
        var servers = new List<DemoServer>();
        try
        {
            for (int i = 1; i <= Servers; i++)
                servers.Add(new DemoServer($"server-{i}", lines));
            string addresses = string.Join(", ", servers.Select(server => server.Address));

            // No file and no environment: the demo is the same for everybody.
            var places = new ConfigurationPlaces
            {
                Sets = [$"port={port}", $"servers={addresses}", "reply=all", "max_clients=100", "log_level=WARN"],
            };
            ConfigurationReading reading = ConfigurationLoader.Read(places);
            if (reading.Settings is not { } settings)
                throw new InvalidOperationException(reading.Faults[0].ToString());
            using var host = new Host(settings, places, TimeProvider.System);
            int status = host.Run(() =>
            {
                servers.ForEach(server => server.Start());
                lines.WriteLine($"""
                    The broadcaster listens on localhost:{port}; behind it are three line servers: {addresses}.
                    Try it from another terminal, and type a line:

                        nc localhost {port}

                    Every server shows here what it receives, and its reply comes back to you. Ctrl-C ends the demo.
                    """);
            });
            if (status == ExitStatus.Unavailable)
                lines.WriteLine($"Port {port} cannot be had; try another: dynode demo --port {(port < 65535 ? port + 1 : 9000)}");
            return status;
        }
        finally
        {
            servers.ForEach(server => server.Dispose());
        }
    }
}
