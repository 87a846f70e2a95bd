using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Content.Stripes;
using Veil.Storage;
using Veil.Storage.State;

namespace Veil.Node.Control;

/// <summary>
/// Publishes what the request's body brings (spec/control.md, section 2). The answer begins at once, so that
/// progress comes while the body still goes.
/// </summary>
internal sealed class AddEndpoint(ControlSurface surface, FaultLog faults)
{
    private const int MaxNameCharacters = 4096;
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly UnfinishedPublications _unfinished = new(surface.State, surface.Time);
    private int _running;

    internal async Task ServeAsync(HttpContext context)
    {
        var announced = ReadHeaders(context.Request);
        try
        {
            if (Interlocked.Increment(ref _running) > surface.MaxPublications)
            {
                throw ControlErrors.Busy($"{surface.MaxPublications} files are being added already");
            }

            context.Response.ContentType = "application/x-ndjson";
            await context.Response.StartAsync(context.RequestAborted);
            await using var body = new RequestBody(context.Request.Body);
            await AnswerAsync(context, announced, body);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task AnswerAsync(HttpContext context, Announced announced, RequestBody body)
    {
        AddLine last;
        try
        {
            var signature = new AwaitedSignature(body);
            var source = await SourceAsync(announced, body, signature, context.RequestAborted);
            last = new AddLine { Result = await PublishAsync(context, source, announced, signature) };
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested)
        {
            last = new AddLine { Error = faults.Tell(failure).Error };
        }

        await WriteAsync(context, last);
    }

    private static async Task<PublishSource> SourceAsync(
        Announced announced,
        RequestBody body,
        AwaitedSignature signature,
        CancellationToken cancellationToken)
    {
        var said = announced.StatementsLength is { } statementsLength
            ? Answers.Parse(
                await ReadAsync(body, statementsLength, cancellationToken), ControlJson.Default.AddStatements)
            : new AddStatements();
        var statements = said.ToStatements();
        var signer = said.ToSigner() is { } address ? new ManifestSigner(address, signature.GetAsync) : null;
        if (announced.IndexLength is not { } indexLength)
        {
            Stream file = signer is null ? body : new BodyPart(body, announced.Length);
            return new PublishSource(file, announced.Length, announced.Name)
            {
                Statements = statements,
                Signer = signer,
            };
        }

        var index = await ReadAsync(body, indexLength, cancellationToken);
        Stream files = signer is null ? body : new BodyPart(body, announced.Length);
        return FolderIndexCodec.TryDecode(index, out var draft) && draft.Length == announced.Length
            ? PublishSource.OfFolder(announced.Name, draft, files) with { Statements = statements, Signer = signer }
            : throw ControlErrors.BadRequest();
    }

    private static async Task<byte[]> ReadAsync(RequestBody body, int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        return await body.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, cancellationToken) == length
            ? bytes
            : throw ControlErrors.BadRequest();
    }

    private async Task<AddResult> PublishAsync(
        HttpContext context,
        PublishSource source,
        Announced announced,
        AwaitedSignature signature)
    {
        string? token = announced.Token;
        long began = surface.Time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var latest = new LatestProgress();
        PublishCheckpoint? checkpoint = null;
        var options = new PublishOptions
        {
            Level = announced.Level,
            From = token is null ? null : await _unfinished.FindAsync(token, stop.Token),
            OnCheckpoint = told => Volatile.Write(ref checkpoint, told),
        };
        var publishing = surface.Node.PublishAsync(source, options, latest.Set, stop.Token);
        try
        {
            while (!publishing.IsCompleted)
            {
                await Task.WhenAny(publishing, Task.Delay(ProgressInterval, surface.Time, stop.Token));
                if (latest.TryTake(out var progress))
                {
                    await WriteAsync(context, new AddLine { Progress = progress });
                }

                if (signature.TakeRequest() is { } manifest)
                {
                    await WriteAsync(context, new AddLine { Sign = manifest });
                }

                await RememberAsync(token, Interlocked.Exchange(ref checkpoint, null));
            }
        }
        finally
        {
            // Reached with the publication under way only when the client is gone: it has no other owner.
            stop.Cancel();
            await publishing.ContinueWith(static _ => { }, TaskScheduler.Default);
            await FinishAsync(token, publishing, Interlocked.Exchange(ref checkpoint, null));
        }

        var done = await publishing;
        double seconds = Math.Round(surface.Time.GetElapsedTime(began).TotalSeconds, 3);
        return new AddResult(
            done.Key.Format(),
            done.Name,
            done.Bytes,
            done.Counts.Blocks,
            done.Counts.Shares,
            done.Counts.SharesAcknowledged,
            seconds,
            done.Redundancy.StoresThatMayBeLost,
            await RememberAsync(done));
    }

    private async Task FinishAsync(string? token, Task publishing, PublishCheckpoint? last)
    {
        bool isOver = publishing.IsCompletedSuccessfully
            || publishing.Exception?.InnerException is PublishException { Fault: PublishFault.SourceChanged };
        if (isOver && token is not null)
        {
            await _unfinished.RemoveAsync(token, CancellationToken.None);
            return;
        }

        await RememberAsync(token, last);
    }

    private Task RememberAsync(string? token, PublishCheckpoint? checkpoint) => token is null || checkpoint is null
        ? Task.CompletedTask
        : _unfinished.PutAsync(token, checkpoint, CancellationToken.None);

    // It is published, whoever is still there to hear of it: not cancelled, and no failure takes the key away.
    private async Task<string?> RememberAsync(Publication done)
    {
        if (surface.State is null)
        {
            return null;
        }

        string id = surface.Decisions.NextBelow(1UL << 40).ToString("x10", CultureInfo.InvariantCulture);
        var entry = new PublicationEntry(id, done.Name, done.Bytes, done.Key.Format(), surface.Time.GetUtcNow());
        try
        {
            await surface.State.PutPublicationAsync(entry, CancellationToken.None);
            return id;
        }
        catch (Exception failure) when (failure is StateFullException or StorageException or IOException)
        {
            return null;
        }
    }

    private static async Task WriteAsync(HttpContext context, AddLine line)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, ControlLines.Default.AddLine), (byte)'\n'];
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static Announced ReadHeaders(HttpRequest request)
    {
        var headers = request.Headers;
        bool isWhole = headers[ControlHeaders.Name] is [{ Length: > 0 and <= MaxNameCharacters }];
        int? indexLength = null;
        if (headers.TryGetValue(ControlHeaders.Index, out var said))
        {
            isWhole &= TryReadNumber(said, out long index) && index is > 0 and <= Manifest.MaxIndexBytes;
            indexLength = (int)index;
        }

        int? statementsLength = null;
        if (headers.TryGetValue(ControlHeaders.Statements, out said))
        {
            isWhole &= TryReadNumber(said, out long statements) && statements is > 0 and <= AddStatements.MaxBytes;
            statementsLength = (int)statements;
        }

        var level = ParityLevel.Full;
        if (headers.TryGetValue(ControlHeaders.Redundancy, out said))
        {
            isWhole &= ParityLevelText.TryParse(said is [{ } text] ? text : null, out level);
        }

        return TryReadNumber(headers[ControlHeaders.Length], out long length) && isWhole
            ? new Announced(Uri.UnescapeDataString(headers[ControlHeaders.Name].ToString()), length, indexLength)
            {
                StatementsLength = statementsLength,
                Level = level,
                Token = headers[ControlHeaders.Token] is [{ Length: 64 } token] ? token : null,
            }
            : throw ControlErrors.BadRequest();
    }

    private static bool TryReadNumber(StringValues header, out long number)
    {
        number = 0;
        return header is [{ Length: <= 20 } text]
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private readonly record struct Announced(string Name, long Length, int? IndexLength)
    {
        public string? Token { get; init; }

        public int? StatementsLength { get; init; }

        public ParityLevel Level { get; init; }
    }

    // What was told last; between two lines of the answer only the newest counts.
    private sealed class LatestProgress
    {
        private AddProgress? _latest;

        internal void Set(PublishProgress progress) => Interlocked.Exchange(ref _latest, new AddProgress(
            progress.BytesRead, progress.BytesTotal, progress.SharesAcknowledged, progress.SharesTotal));

        internal bool TryTake([NotNullWhen(true)] out AddProgress? progress)
        {
            progress = Interlocked.Exchange(ref _latest, null);
            return progress is not null;
        }
    }
}
