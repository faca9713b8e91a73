namespace Dynode.Native.Configuration;

/// <summary>Reads what an operator points at: perhaps a directory, a device, a pipe, or nothing.</summary>
internal static class BoundedFile
{
    /// <summary>The whole file, or null.</summary>
    /// <param name="path">Where.</param>
    /// <param name="bytesMax">The most it may hold; no more is read even where it has no end.</param>
    /// <param name="fault">Why not, as the end of a sentence about the path.</param>
    public static byte[]? Read(string path, int bytesMax, out string? fault)
    {
        fault = null;
        try
        {
            if (Directory.Exists(path))
            {
                fault = "is a directory";
                return null;
            }

            // No length is asked for: pipes and files of /proc have none. Shared, because an editor may hold it.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] bytes = new byte[4096];
            int count = 0;
            while (file.Read(bytes, count, bytes.Length - count) is > 0 and int read)
            {
                count += read;
                if (count > bytesMax)
                {
                    fault = $"is larger than {bytesMax} bytes";
                    return null;
                }

                if (count == bytes.Length)
                    Array.Resize(ref bytes, count * 2);
            }

            return bytes[..count];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            fault = e is FileNotFoundException or DirectoryNotFoundException ? "does not exist"
                : e is UnauthorizedAccessException ? "must not be read by this user"
                : $"cannot be read ({Shown.Plain(e.Message)})";
            return null;
        }
    }
}
