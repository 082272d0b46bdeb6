using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Stapes.Core.Images;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Transfers;

/// <summary>A web server with one file, which it serves as badly as a test wants: HTTP by hand, so that a connection ends after the very byte.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private long sent;

    private FileServer(byte[] content)
    {
        Content = content;
        listener.Start();
        accepting = AcceptAsync(stopping.Token);
    }

    public byte[] Content { get; set; }

    public HttpClient Client { get; } = HttpClients.Create(new(ServerAddress.Parse(new("http://localhost/"))));

    /// <summary>The connection ends after so many bytes of a body.</summary>
    public int BreakAfter { get; set; } = int.MaxValue;

    public bool IgnoresRange { get; set; }

    public string ETag { get; set; } = "\"one\"";

    /// <summary>What it says instead of the length that the file has.</summary>
    public long? ClaimedLength { get; set; }

    /// <summary>Answers some requests, by their number from 1, with a status instead; 0 for the file.</summary>
    public Func<int, int> StatusOf { get; set; } = static _ => 0;

    /// <summary>Is told of each request before it is answered.</summary>
    public Func<int, Task> OnRequestAsync { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The ranges that were asked for, in order; «all» for none.</summary>
    public List<string> Ranges { get; } = [];

    /// <summary>Bytes of bodies.</summary>
    public long Sent => Interlocked.Read(ref sent);

    public string Url => $"http://{listener.LocalEndpoint}/file";

    public static FileServer Start(byte[] content) => new(content);

    public RemoteFile File(long? size = null, Sha256Digest? digest = null) =>
        new("rootfs.squashfs", digest ?? Sha256Digest.FromBytes(SHA256.HashData(Content)), size ?? Content.Length, HttpFile.At(Client, new(Url)));

    /// <summary>The same, where nobody says how large it is.</summary>
    public RemoteFile FileOfUnknownSize() => File() with { Size = null };

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await stopping.CancelAsync();
        listener.Dispose();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(cancellation), cancellation);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient connection, CancellationToken cancellation)
    {
        using (connection)
        {
            try
            {
                var stream = connection.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                _ = await reader.ReadLineAsync(cancellation);
                while (await reader.ReadLineAsync(cancellation) is { Length: > 0 } line)
                    headers[line.Split(": ")[0]] = line.Split(": ")[1];
                await AnswerAsync(stream, headers, cancellation);
                connection.Client.Shutdown(SocketShutdown.Send);
                // The client ends it: what it has not read yet would be lost with a reset.
                await stream.ReadExactlyAsync(new byte[1], cancellation);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The client had enough.
            }
        }
    }

    private async Task AnswerAsync(Stream stream, Dictionary<string, string> headers, CancellationToken cancellation)
    {
        int number;
        lock (Ranges)
        {
            Ranges.Add(headers.GetValueOrDefault("Range", "all"));
            number = Ranges.Count;
        }

        await OnRequestAsync(number).WaitAsync(cancellation);
        var content = Content;
        long start = 0;
        if (!IgnoresRange && headers.TryGetValue("Range", out var range) && headers.GetValueOrDefault("If-Range", ETag) == ETag)
            start = long.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        var status = StatusOf(number) is > 0 and var wanted ? wanted : start >= content.Length ? 416 : start > 0 ? 206 : 200;
        var length = ClaimedLength ?? content.Length;
        var body = status is 200 or 206 ? content.AsMemory((int)start) : default;
        var rangeHeader = status switch
        {
            206 => $"Content-Range: bytes {start}-{length - 1}/{length}\r\n",
            416 => $"Content-Range: bytes */{length}\r\n",
            _ => "",
        };
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} X\r\nConnection: close\r\nETag: {ETag}\r\n{rangeHeader}Content-Length: {(body.IsEmpty ? 0 : length - start)}\r\n\r\n"), cancellation);
        body = body[..Math.Min(body.Length, BreakAfter)];
        await stream.WriteAsync(body, cancellation);
        Interlocked.Add(ref sent, body.Length);
    }
}
