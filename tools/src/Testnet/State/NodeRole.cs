namespace Veil.Tools.Testnet.State;

/// <summary>Roles as the veil program spells them.</summary>
internal static class NodeRole
{
    internal const string Authority = "authority";
    internal const string Relay = "relay";
    internal const string Store = "store";
    internal const string Exit = "exit";
    internal const string Gateway = "gateway";
}
