using System.Security.Cryptography;
using Stapes.Commands;

// Loading OpenSSL takes as long as all the rest of a small command: it begins beside the reading of the command line.
_ = Task.Run(static () => SHA256.HashData([]));
return await CommandLine.RunAsync(Environment.GetCommandLineArgs(), CancellationToken.None);
