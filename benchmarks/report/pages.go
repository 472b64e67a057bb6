package report

import (
	"fmt"
	"os"
	"strings"
)

// The ratios stand between these comments in the results.
const (
	ratiosBegin = "<!-- ratios:begin -->"
	ratiosEnd   = "<!-- ratios:end -->"
)

// Figures of the results stand between these comments in the README and in docs/performance.md. The
// text between them is never written by hand.
const (
	readmeBegin = "<!-- benchmarks:begin -->"
	readmeEnd   = "<!-- benchmarks:end -->"
	startsBegin = "<!-- starts:begin -->"
	startsEnd   = "<!-- starts:end -->"
)

// CopyRatios puts the ratios of a results file into another document, between its two comments.
func CopyRatios(results, document string) error {
	return copyFigures(results, ratiosBegin+"\n", ratiosEnd, document, readmeBegin, readmeEnd)
}

// CopyStarts puts the figures of start-ups and refreshes of a results file into another document,
// between its two comments.
func CopyStarts(results, document string) error {
	return copyFigures(results, startsTitle, "\n"+startsNote, document, startsBegin, startsEnd)
}

// copyFigures copies the text between two texts of the results into a document, between two
// comments, after the commit and the day of the run.
func copyFigures(results, from, to, document, begin, end string) error {
	source, err := os.ReadFile(results)
	if err != nil {
		return err
	}
	_, figures, _, err := cut(string(source), from, to)
	if err != nil {
		return fmt.Errorf("%s: %w", results, err)
	}
	_, run, _, err := cut(string(source), commitLine, "\n")
	if err != nil {
		return fmt.Errorf("%s: %w", results, err)
	}
	into, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, _, after, err := cut(string(into), begin, end)
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	return os.WriteFile(document, []byte(before+"\nMeasured at commit "+run+":\n\n"+figures+after), 0o644)
}

// cut returns the text up to and including begin, the text between begin and end, and the text from
// end on.
func cut(text, begin, end string) (before, between, after string, err error) {
	before, rest, found := strings.Cut(text, begin)
	if !found {
		return "", "", "", fmt.Errorf("there is no %s", begin)
	}
	between, after, found = strings.Cut(rest, end)
	if !found {
		return "", "", "", fmt.Errorf("there is no %s after %s", end, begin)
	}
	return before + begin, between, end + after, nil
}
