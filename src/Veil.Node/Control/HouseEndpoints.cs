using Microsoft.AspNetCore.Http;
using Veil.Content.Keys;
using Veil.Storage.State;

namespace Veil.Node.Control;

/// <summary>What this node remembers and how it is set (spec/control.md, section 2): publications,
/// settings.</summary>
internal sealed class HouseEndpoints(ControlSurface surface)
{
    private const string Note =
        "stores keep the blocks until their leases end (60 days by default): until then, whoever has the key can "
        + "read it";

    internal async Task ListAsync(HttpContext context)
    {
        var known = surface.State is { } state ? await state.ListPublicationsAsync(context.RequestAborted) : [];
        var list = new PublicationList([.. known.Select(entry => new PublicationDocument(
            entry.LocalId, entry.Name, entry.Bytes, entry.KeyText, entry.PublishedAt))]);
        await Answers.WriteAsync(context, list, ControlJson.Default.PublicationList);
    }

    internal async Task ForgetAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.ForgetRequest);
        string wanted = request.Publication?.Trim() ?? throw ControlErrors.BadRequest();
        string? key = ContentKey.TryParse(wanted, out var parsed, out _) ? parsed.Format() : null;
        var known = surface.State is { } state ? await state.ListPublicationsAsync(context.RequestAborted) : [];
        var entry = known.FirstOrDefault(entry => entry.LocalId == wanted || entry.KeyText == key);
        if (entry is null || !await surface.State!.RemovePublicationAsync(entry.LocalId, context.RequestAborted))
        {
            throw new ControlException(StatusCodes.Status404NotFound, new(
                "not_found", "this node remembers no such publication", "veil ls lists what it remembers"));
        }

        await Answers.WriteAsync(
            context, new ForgetAnswer(entry.LocalId, entry.Name, entry.Bytes, Note), ControlJson.Default.ForgetAnswer);
    }

    internal Task ListSettingsAsync(HttpContext context) => Answers.WriteAsync(
        context, new SettingList(surface.CurrentSettings()), ControlJson.Default.SettingList);

    internal async Task SetAsync(HttpContext context)
    {
        var request = await Answers.ReadAsync(context, ControlJson.Default.SettingRequest);
        if (request is not { Name: { Length: > 0 } name, Value: { } value })
        {
            throw ControlErrors.BadRequest();
        }

        var outcome = surface.SetSetting(name, value);
        if (ErrorOf(outcome) is { } error)
        {
            throw error;
        }

        var answer = new SettingAnswer(name, value, outcome.Result == SettingResult.AfterRestart);
        await Answers.WriteAsync(context, answer, ControlJson.Default.SettingAnswer);
    }

    private static ControlException? ErrorOf(SettingOutcome outcome)
    {
        (int Status, string Code)? error = outcome.Result switch
        {
            SettingResult.UnknownName => (StatusCodes.Status400BadRequest, "unknown_setting"),
            SettingResult.BadValue => (StatusCodes.Status400BadRequest, "bad_value"),
            SettingResult.Overridden => (StatusCodes.Status409Conflict, "overridden"),
            SettingResult.Unavailable => (StatusCodes.Status409Conflict, "settings_unavailable"),
            _ => null,
        };
        return error is { } found
            ? new ControlException(found.Status, new ControlError(found.Code, outcome.Message, outcome.Hint))
            : null;
    }
}
