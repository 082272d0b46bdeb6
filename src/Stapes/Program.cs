using System.Security.Cryptography;
using Stapes.Commands;
using Stapes.Remotes;

var commandLine = Environment.GetCommandLineArgs();
// The server has connections that are not made by our own client: to an issuer of tokens.
if (!commandLine.Contains("serve"))
    PlatformStore.LeaveUnread();
// OpenSSL takes some milliseconds to get ready, as long as it takes to find out what to ask which server.
if (commandLine is [_, "image" or "remote", ..])
    ThreadPool.QueueUserWorkItem(static _ => SHA256.HashData([]));
// .NET's own writer makes a system call of every 256 characters.
Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 14) { AutoFlush = true });
return await CommandLine.RunAsync(commandLine, CancellationToken.None);
