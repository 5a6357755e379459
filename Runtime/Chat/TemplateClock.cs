using System.Globalization;
using System.Text;

namespace ModelPack.Templates;

/// <summary>Python's strftime in the C locale.</summary>
internal static class TemplateClock
{
    private static readonly string[] s_days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    private static readonly string[] s_months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    public static string Format(DateTime time, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            // %-d: without the zero in front (as the GNU C library has it).
            var bare = format[i + 1] == '-' && i + 2 < format.Length;
            i += bare ? 2 : 1;
            var field = Field(time, format[i]);
            text.Append(bare ? WithoutZeros(field) : field);
        }

        return text.ToString();
    }

    private static string Field(DateTime time, char field) => field switch
    {
        'Y' => Digits(time.Year, 4),
        'y' => Digits(time.Year % 100, 2),
        'C' => Digits(time.Year / 100, 2),
        'm' => Digits(time.Month, 2),
        'd' => Digits(time.Day, 2),
        'e' => Digits(time.Day, 1).PadLeft(2),
        'j' => Digits(time.DayOfYear, 3),
        'H' => Digits(time.Hour, 2),
        'I' => Digits(time.Hour % 12 == 0 ? 12 : time.Hour % 12, 2),
        'M' => Digits(time.Minute, 2),
        'S' => Digits(time.Second, 2),
        'f' => Digits((int)(time.Ticks % TimeSpan.TicksPerSecond / 10), 6),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'A' => s_days[(int)time.DayOfWeek],
        'a' => s_days[(int)time.DayOfWeek][..3],
        'B' => s_months[time.Month - 1],
        'b' or 'h' => s_months[time.Month - 1][..3],
        'w' => Digits((int)time.DayOfWeek, 1),
        'u' => Digits(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'F' => Format(time, "%Y-%m-%d"),
        'T' or 'X' => Format(time, "%H:%M:%S"),
        'R' => Format(time, "%H:%M"),
        'D' or 'x' => Format(time, "%m/%d/%y"),
        'c' => Format(time, "%a %b %e %H:%M:%S %Y"),
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        // Of a time without a zone both are empty in Python.
        'z' or 'Z' => "",
        _ => "%" + field,
    };

    private static string WithoutZeros(string field) => field.TrimStart('0') is { Length: > 0 } rest ? rest : field[^Math.Min(1, field.Length)..];

    private static string Digits(int value, int width) => value.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
}
