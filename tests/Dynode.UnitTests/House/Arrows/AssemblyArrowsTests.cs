using Dynode.UnitTests.House.Arrows.Planted.There;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>Arrows that are planted in this assembly, one for each way in which a type can know another.</summary>
public sealed class AssemblyArrowsTests
{
    private static readonly string Here = typeof(Planted.Here.OfField).Namespace!;
    private static readonly string There = typeof(Field).Namespace!;
    private static readonly IReadOnlySet<Arrow> Found = AssemblyArrows.Read(typeof(AssemblyArrowsTests).Assembly);

    public static TheoryData<string> Planted =>
        [.. typeof(Field).Assembly.GetTypes().Where(type => type.Namespace == There && !type.IsNested).Select(type => NameOf(type.Name))];

    [Theory]
    [MemberData(nameof(Planted))]
    public void A_planted_arrow_is_found(string to) =>
        Assert.Contains(Found, arrow => arrow.From == Here && NameOf(arrow.FromType) == "Of" + to && arrow.To == There && NameOf(arrow.ToType) == to);

    /// <summary>So that each of the planted types shows the one way that it is named after.</summary>
    [Fact]
    public void What_knows_a_planted_type_knows_no_other() =>
        Assert.Empty(
            from arrow in Found
            where arrow.From == Here && arrow.To == There && NameOf(arrow.FromType) != "Of" + NameOf(arrow.ToType)
            select $"{arrow.FromType} knows {arrow.ToType}");

    [Fact]
    public void No_arrow_leads_back() => Assert.DoesNotContain(Found, arrow => arrow.From == There && arrow.To == Here);

    [Fact]
    public void A_type_of_another_assembly_is_known_by_its_namespace() =>
        Assert.Contains(new Arrow(typeof(RoomsTests).Namespace!, nameof(RoomsTests), "Dynode.Broadcast", "Broadcaster"), Found);

    // Without the number of type parameters.
    private static string NameOf(string type) => type.Split('`')[0];
}
