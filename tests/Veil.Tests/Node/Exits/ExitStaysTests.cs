using Veil.Node.Exits;
using Veil.Tests.Directory;
using Veil.Tests.Rig;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Node.Exits;

/// <summary>How long a group keeps its exits, and which group gives way (spec/exit.md, section 7).</summary>
public sealed class ExitStaysTests
{
    private static readonly RelayId _first = DirectoryRig.Entry(1).Identity;
    private static readonly RelayId _second = DirectoryRig.Entry(2).Identity;

    private readonly ManualTime _time = new();
    private readonly ExitStays _stays;

    public ExitStaysTests() => _stays = new ExitStays(_time);

    [Fact]
    public void The_group_that_connected_longest_ago_gives_way_not_the_one_that_came_first()
    {
        for (int group = 0; group < ExitStays.MaxGroups; group++)
        {
            _stays.Add($"{group}", _first);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.NotNull(Find("0"));
        _time.Advance(TimeSpan.FromSeconds(1));
        _stays.Add("new", _first);

        Assert.NotNull(Find("0"));
        Assert.Null(Find("1"));
        Assert.NotNull(Find("2"));
        Assert.NotNull(Find("new"));
    }

    [Fact]
    public void An_exit_that_does_not_fit_stays_first()
    {
        var first = _stays.Add("a", _first);
        Assert.Null(Find("a", exit => exit != _first));
        var second = _stays.Add("a", _second);

        Assert.Same(first, Find("a"));
        Assert.Same(second, Find("a", exit => exit != _first));
        Assert.Null(Find("b"));
    }

    [Fact]
    public void Of_too_many_stand_ins_the_last_serves_once()
    {
        for (int exit = 1; exit <= ExitStays.MaxExits + 1; exit++)
        {
            _stays.Add("a", DirectoryRig.Entry(exit).Identity);
        }

        Assert.NotNull(Find("a", exit => exit == DirectoryRig.Entry(ExitStays.MaxExits).Identity));
        Assert.Null(Find("a", exit => exit == DirectoryRig.Entry(ExitStays.MaxExits + 1).Identity));
    }

    [Fact]
    public void Stand_ins_last_no_longer_than_the_first_exit()
    {
        _stays.Add("a", _first);
        _time.Advance(ExitStays.Length / 2);
        _stays.Add("a", _second);
        _time.Advance((ExitStays.Length / 2) - TimeSpan.FromSeconds(1));
        Assert.Equal(_first, Find("a")?.Exit);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(Find("a"));
    }

    [Fact]
    public void One_that_is_gone_or_left_makes_the_next_the_first()
    {
        _stays.Add("a", _first);
        var second = _stays.Add("a", _second);

        Assert.Same(second, _stays.Find("a", exit => exit != _first, _ => true));
        Assert.Same(second, Find("a"));
        _stays.Leave("a", second);
        Assert.Null(Find("a"));
    }

    private ExitPlace? Find(string group, Predicate<RelayId>? fits = null) =>
        _stays.Find(group, _ => true, fits ?? (_ => true));
}
