using Dynode.Native.Control;

namespace Dynode.UnitTests.Native.Control;

public sealed class FigureTextTests
{
    [Theory]
    [InlineData(null, "-")]
    [InlineData(double.NaN, "-")]
    [InlineData(0.0, "0")]
    [InlineData(999.0, "999")]
    [InlineData(999.4, "999")]
    [InlineData(999.5, "1.0k")]
    [InlineData(1000.0, "1.0k")]
    [InlineData(12345.0, "12.3k")]
    [InlineData(99949.0, "99.9k")]
    [InlineData(99950.0, "100k")]
    [InlineData(999499.0, "999k")]
    [InlineData(999500.0, "1.0M")]
    [InlineData(184203311.0, "184M")]
    [InlineData(9e18, "9000000T")]
    [InlineData(-12345.0, "-12.3k")]
    public void Counts(double? count, string text) => Assert.Equal(text, FigureText.Count(count));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0/s")]
    [InlineData(0.3, "0.3/s")]
    [InlineData(42.0, "42/s")]
    [InlineData(12300.0, "12.3k/s")]
    public void Rates(double? rate, string text) => Assert.Equal(text, FigureText.Rate(rate));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0 B")]
    [InlineData(1023.0, "1023 B")]
    [InlineData(1024.0, "1.0 KiB")]
    [InlineData(1572864.0, "1.5 MiB")]
    [InlineData(1073741824.0, "1.0 GiB")]
    [InlineData(1048575.0, "1.0 MiB")]
    public void Sizes(double? bytes, string text) => Assert.Equal(text, FigureText.Bytes(bytes));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(-1.0, "-")]
    [InlineData(double.PositiveInfinity, "-")]
    [InlineData(0.0, "0 s")]
    [InlineData(0.00004, "0.04 ms")]
    [InlineData(0.0004, "0.4 ms")]
    [InlineData(0.0031, "3.1 ms")]
    [InlineData(0.25, "250 ms")]
    [InlineData(0.9996, "1 s")]
    [InlineData(1.24, "1.2 s")]
    [InlineData(9.94, "9.9 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 m")]
    [InlineData(200.0, "3 m 20 s")]
    [InlineData(3599.6, "1 h")]
    [InlineData(7500.0, "2 h 5 m")]
    [InlineData(86399.0, "23 h 59 m")]
    [InlineData(86400.0, "1 d")]
    [InlineData(273600.0, "3 d 4 h")]
    public void Durations(double? seconds, string text) => Assert.Equal(text, FigureText.Duration(seconds));

    [Theory]
    [InlineData("90", 90.0)]
    [InlineData("0.5", 0.5)]
    [InlineData("90s", 90.0)]
    [InlineData("10m", 600.0)]
    [InlineData("2h", 7200.0)]
    [InlineData("30d", 2592000.0)]
    [InlineData("31d", null)]
    [InlineData("", null)]
    [InlineData("m", null)]
    [InlineData("-1", null)]
    [InlineData("10 m", null)]
    [InlineData("1e3", null)]
    [InlineData("99999999999999999999h", null)]
    public void Times_are_read_as_they_are_typed(string text, double? seconds) => Assert.Equal(seconds, DurationText.Read(text)?.TotalSeconds);
}
