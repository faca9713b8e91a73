using CsCheck;
using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e9")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("0x10")]
    [InlineData("1,000")]
    [InlineData("1 000")]
    [InlineData("٣")]
    [InlineData("one")]
    public void What_is_not_plain_digits_is_no_number(string text)
    {
        Assert.False(NumberText.TryReadCount(text, out _));
        Assert.False(NumberText.TryReadDuration(text, out _));
        Assert.False(NumberText.TryReadSize(text, out _));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("5", 5000)]
    [InlineData("0.25", 250)]
    [InlineData("1.5", 1500)]
    [InlineData("0.001", 1)]
    [InlineData("007", 7000)]
    [InlineData("99999999999999999999999999", long.MaxValue)]
    public void Durations_are_seconds_with_decimals(string text, long milliseconds)
    {
        Assert.True(NumberText.TryReadDuration(text, out long read));
        Assert.Equal(milliseconds, read);
    }

    [Theory]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("5.0001")]
    [InlineData("1.-5")]
    [InlineData("1.5.2")]
    [InlineData("5s")]
    public void Other_decimals_are_no_duration(string text) => Assert.False(NumberText.TryReadDuration(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    [InlineData("1k", 1 << 10)]
    [InlineData("1K", 1 << 10)]
    [InlineData("16m", 16 << 20)]
    [InlineData("16M", 16 << 20)]
    [InlineData("1g", 1 << 30)]
    [InlineData("1G", 1 << 30)]
    [InlineData("9999999999999g", long.MaxValue)]
    [InlineData("9999999999999999999999999", long.MaxValue)]
    public void Sizes_take_binary_multiples(string text, long bytes)
    {
        Assert.True(NumberText.TryReadSize(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("k")]
    [InlineData("1kb")]
    [InlineData("1t")]
    [InlineData("1.5m")]
    [InlineData("1 m")]
    public void Other_multiples_are_no_size(string text) => Assert.False(NumberText.TryReadSize(text, out _));

    [Fact]
    public void Every_duration_is_read_back() =>
        Gen.Long[0, ConfigurationLimits.DurationMillisecondsMax].Sample(milliseconds =>
            NumberText.TryReadDuration(NumberText.Duration(milliseconds), out long read) && read == milliseconds);

    [Fact]
    public void Every_size_is_read_back() =>
        Gen.Select(Gen.Long[0, 1 << 20], Gen.Int[0, 40]).Select((n, shift) => n << shift).Sample(bytes =>
            NumberText.TryReadSize(NumberText.Size(bytes), out long read) && read == bytes);

    [Fact]
    public void No_text_is_too_strange_to_be_judged() =>
        Gen.Char["0123456789.kKmMgG-+e ٣"].Array[0, 30].Select(chars => new string(chars)).Sample(text =>
        {
            bool isCount = NumberText.TryReadCount(text, out long count);
            bool isDuration = NumberText.TryReadDuration(text, out long milliseconds);
            bool isSize = NumberText.TryReadSize(text, out long bytes);
            return (!isCount || (isDuration && isSize && count == bytes)) && count >= 0 && milliseconds >= 0 && bytes >= 0;
        });
}
