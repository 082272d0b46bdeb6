using System.CommandLine;
using System.Runtime.InteropServices;
using Stapes.Hosting;

namespace Stapes.Commands.Serve;

/// <summary><c>stapes serve</c>: runs the server until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", """
            Run the image server

            Settings are given as options, in the environment or in stapes.yaml, in this order. The names there stand in parentheses
            after each option; lists are separated by commas in the environment and are YAML lists in the file.
            """);
        foreach (var option in ServeOptions.All)
            command.Options.Add(option.ToOption());
        var check = new Option<bool>("--check-config") { Description = "Read and check the settings, then end" };
        command.Options.Add(check);

        // Not an asynchronous action: System.CommandLine would end the process two seconds after SIGTERM.
        command.SetAction(result =>
        {
            var settings = ServeConfiguration.Read(result, ServeEnvironment.Read(Environment.GetEnvironmentVariables()));
            if (!result.GetValue(check))
                RunAsync(settings).GetAwaiter().GetResult();
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(ServerSettings settings)
    {
        using var log = LineLoggerProvider.ForStandardError(settings.LogLevel);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        await using var server = await StapesServer.StartAsync(settings, log, map: null, CancellationToken.None);
        await stop.Task;
        await server.StopAsync();

        // The second signal ends the process at once.
        void OnSignal(PosixSignalContext signal) => signal.Cancel = stop.TrySetResult();
    }
}
