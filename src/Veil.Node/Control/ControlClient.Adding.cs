using System.Text.Json;
using Veil.Content.Folders;
using Veil.Content.Stripes;

namespace Veil.Node.Control;

/// <summary>Sending what is to be published.</summary>
public sealed partial class ControlClient
{
    /// <summary>Publishes a file or folder.</summary>
    /// <param name="file">What, and under which name.</param>
    /// <param name="onProgress">Called some five times a second.</param>
    /// <param name="cancellationToken">Gives up: the publication ends.</param>
    /// <remarks>What <see cref="AddFile.ReadAsync"/> throws comes out as it is.</remarks>
    public async Task<AddResult> AddAsync(
        AddFile file,
        Action<AddProgress>? onProgress,
        CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        byte[] index = file.Folder is { } folder ? FolderIndexCodec.Encode(folder) : [];
        byte[] statements = AddStatements.Of(file) is { } said
            ? JsonSerializer.SerializeToUtf8Bytes(said, ControlJson.Default.AddStatements)
            : [];
        using var content = new StreamedContent(file, (byte[])[.. statements, .. index], stop);
        using var request = NewRequest(HttpMethod.Post, "add", content);
        request.Headers.Add(ControlHeaders.Length, file.Length.ToString());
        request.Headers.Add(ControlHeaders.Name, Uri.EscapeDataString(file.Name));
        if (file.Token is { } token)
        {
            request.Headers.Add(ControlHeaders.Token, token);
        }

        if (file.Level != ParityLevel.Full)
        {
            request.Headers.Add(ControlHeaders.Redundancy, ParityLevelText.Format(file.Level));
        }

        if (statements.Length > 0)
        {
            request.Headers.Add(ControlHeaders.Statements, statements.Length.ToString());
        }

        if (file.Folder is not null)
        {
            request.Headers.Add(ControlHeaders.Index, index.Length.ToString());
        }

        try
        {
            using var response = await SendAsync(request, stop.Token);
            return await ReadLinesAsync(response, (onProgress, content.Sign), stop.Token);
        }
        catch (Exception) when (content.Failure is not null)
        {
            // Why nothing more was sent is the cause; how the request ended follows from it.
            throw content.Failure;
        }
    }

    private static async Task<AddResult> ReadLinesAsync(
        HttpResponseMessage response,
        (Action<AddProgress>? OnProgress, Action<string> Sign) told,
        CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            while (await reader.ReadLineAsync(cancellationToken) is { } text)
            {
                var line = JsonSerializer.Deserialize(text, ControlLines.Default.AddLine);
                if (line?.Error is { } error)
                {
                    throw new ControlException(500, error);
                }

                if (line?.Result is { } result)
                {
                    return result;
                }

                if (line?.Progress is { } progress)
                {
                    told.OnProgress?.Invoke(progress);
                }

                if (line?.Sign is { } manifest)
                {
                    told.Sign(manifest);
                }
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            throw Broken();
        }

        throw Broken();
    }
}
