namespace Veil.Simulation.Privacy.Learning;

/// <summary>Logistic regression over standardised features, with a ridge, fitted by Newton's method.</summary>
internal sealed class LogisticModel
{
    private const double Ridge = 5;
    private const int Steps = 12;
    private const double Clip = 4;

    private readonly double[] _means;
    private readonly double[] _scales;
    private readonly double[] _weights;

    /// <summary>Fits examples, each of the same number of features.</summary>
    internal LogisticModel(IReadOnlyList<(double[] Features, bool Answer)> examples)
    {
        var features = examples[0].Features.Length;
        _means = [.. Enumerable.Range(0, features).Select(f => examples.Average(example => example.Features[f]))];
        _scales = [.. Enumerable.Range(0, features).Select(f => Math.Sqrt(
            examples.Average(example => Math.Pow(example.Features[f] - _means[f], 2))))];
        _weights = new double[features + 1];
        (double[] Row, double Answer)[] rows =
            [.. examples.Select(example => (Row(example.Features), example.Answer ? 1.0 : 0.0))];
        for (var step = 0; step < Steps; step++) Improve(rows);
    }

    /// <summary>The chance that the answer is yes.</summary>
    internal double Predict(double[] features) => Chance(Row(features));

    private void Improve((double[] Row, double Answer)[] rows)
    {
        var size = _weights.Length;
        var matrix = new double[size, size];
        var gradient = new double[size];
        foreach (var (row, answer) in rows)
        {
            var chance = Chance(row);
            var curvature = Math.Max(chance * (1 - chance), 1e-6);
            for (var i = 0; i < size; i++)
            {
                gradient[i] += (answer - chance) * row[i];
                for (var j = 0; j < size; j++) matrix[i, j] += curvature * row[i] * row[j];
            }
        }

        for (var i = 0; i < size; i++)
        {
            // The constant is not held back.
            var ridge = i == size - 1 ? 1e-6 : Ridge;
            matrix[i, i] += ridge;
            gradient[i] -= ridge * _weights[i];
        }

        var change = Solve(matrix, gradient);
        for (var i = 0; i < size; i++) _weights[i] += change[i];
    }

    // Gauss, with the largest pivot; the ridge keeps it regular.
    private static double[] Solve(double[,] matrix, double[] right)
    {
        var size = right.Length;
        for (var column = 0; column < size; column++)
        {
            var pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(matrix[row, column]));
            for (var j = 0; j < size; j++)
            {
                (matrix[column, j], matrix[pivot, j]) = (matrix[pivot, j], matrix[column, j]);
            }

            (right[column], right[pivot]) = (right[pivot], right[column]);
            for (var row = column + 1; row < size; row++)
            {
                var factor = matrix[row, column] / matrix[column, column];
                for (var j = column; j < size; j++) matrix[row, j] -= factor * matrix[column, j];
                right[row] -= factor * right[column];
            }
        }

        var solution = new double[size];
        for (var row = size - 1; row >= 0; row--)
        {
            var sum = right[row];
            for (var j = row + 1; j < size; j++) sum -= matrix[row, j] * solution[j];
            solution[row] = sum / matrix[row, row];
        }

        return solution;
    }

    private double Chance(double[] row) =>
        1 / (1 + Math.Exp(-row.Zip(_weights, (feature, weight) => feature * weight).Sum()));

    // Far outliers say no more than that they are far.
    private double[] Row(double[] features) =>
    [
        .. features.Select((feature, f) =>
            _scales[f] == 0 ? 0 : Math.Clamp((feature - _means[f]) / _scales[f], -Clip, Clip)),
        1,
    ];
}
