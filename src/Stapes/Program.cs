using Stapes.Commands;

return await CommandLine.RunAsync(Environment.GetCommandLineArgs(), CancellationToken.None);
