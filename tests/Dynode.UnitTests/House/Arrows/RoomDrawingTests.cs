namespace Dynode.UnitTests.House.Arrows;

public sealed class RoomDrawingTests
{
    [Fact]
    public void A_drawing_is_read_from_between_other_lines()
    {
        var drawings = RoomDrawing.Parse(
            """
            Some words, and a picture that is no drawing of rooms:

                client ─▶ server
                Dynode.Log

                Dynode.One
                  Cellar            ─▶ nobody
                  Attic             ─▶ Cellar, Attic/Box
                  Attic/Box         ─▶ nobody
                  Dynode.One        ─▶ Attic
                Dynode.Two
                  Cellar            ─▶ nobody

                  Attic             ─▶ Cellar
            """);
        Assert.Equal(["Dynode.One", "Dynode.Two"], drawings.Keys);
        Assert.Equal(["Cellar", "Attic", "Attic/Box", "Dynode.One"], drawings["Dynode.One"].Rooms);
        Assert.Equal([("Attic", "Cellar"), ("Attic", "Attic/Box"), ("Dynode.One", "Attic")], drawings["Dynode.One"].Arrows);
        Assert.Equal(["Cellar"], drawings["Dynode.Two"].Rooms);
        Assert.Empty(drawings["Dynode.One"].InCircles());
    }

    [Theory]
    [InlineData("A ─▶ B", "B ─▶ A", "C ─▶ nobody", "A B")]
    [InlineData("A ─▶ B", "B ─▶ C", "C ─▶ A", "A B C")]
    [InlineData("A ─▶ B", "B ─▶ B", "C ─▶ nobody", "A B")]
    [InlineData("A ─▶ B", "B ─▶ C", "C ─▶ B", "A B C")]
    [InlineData("A ─▶ B, C", "B ─▶ C", "C ─▶ nobody", "")]
    public void Arrows_that_lead_in_a_circle_are_found(string first, string second, string third, string inCircles)
    {
        var drawing = RoomDrawing.Parse($"    Dynode.One\n      {first}\n      {second}\n      {third}\n")["Dynode.One"];
        Assert.Equal(inCircles, string.Join(' ', drawing.InCircles()));
    }

    [Theory]
    [InlineData("A ─▶ B")]
    [InlineData("A ─▶ nobody\n      A ─▶ nobody")]
    public void A_room_that_is_not_drawn_or_drawn_twice_is_an_error(string lines) =>
        Assert.Throws<InvalidDataException>(() => RoomDrawing.Parse($"    Dynode.One\n      {lines}\n"));
}
