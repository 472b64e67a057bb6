package match

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxInstructions is the greatest number of instructions of one pattern. Package regexp compiles a
// pattern into a program with about one instruction for each letter, class and operator; a
// repetition multiplies them.
const maxInstructions = 5_000

// Pattern is a compiled regular expression.
type Pattern struct {
	*regexp.Regexp

	// Effort is the greatest number of instructions that matching evaluates for each byte of a
	// text, for any text.
	Effort int
}

// CompilePattern compiles a pattern, or returns the problem with it. If fold is true, the pattern
// ignores case. It calls spend with the number of instructions that the pattern takes, and returns
// a problem if spend returns false.
func CompilePattern(text string, fold bool, spend func(instructions int) bool) (p *Pattern, problem string) {
	compiled := text
	if fold {
		compiled = "(?i)" + text
	}
	tree, problem := parsePattern(text, compiled, spend)
	if problem != "" {
		return nil, problem
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err.Error()
	}
	if len(program.Inst) > maxInstructions {
		return nil, tooManyInstructions
	}
	expression, err := regexp.Compile(compiled)
	if err != nil {
		return nil, err.Error()
	}
	p = &Pattern{expression, 1}
	// package regexp matches a literal pattern by searching for the text
	if _, plain := p.LiteralPrefix(); !plain {
		p.Effort = effortOf(program)
	}
	return p, ""
}

// parsePattern parses a pattern, and spends the effort for parsing and compiling it. text is the
// pattern of the document; compiled is the same pattern, perhaps with a flag for ignoring case.
func parsePattern(text, compiled string, spend func(instructions int) bool) (tree *syntax.Regexp, problem string) {
	parsing := parsingEffort(compiled)
	if parsing > maxInstructions {
		return nil, tooManyInstructions
	}
	if !spend(parsing) {
		return nil, patternsTooLarge
	}
	if _, err := syntax.Parse(text, syntax.Perl); err != nil {
		return nil, "error parsing regexp: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	}
	tree, err := syntax.Parse(compiled, syntax.Perl)
	if err != nil {
		return nil, err.Error()
	}
	instructions := instructionsOf(tree)
	if instructions > mostEstimated {
		return nil, tooManyInstructions
	}
	if more := instructions - parsing; more > 0 && !spend(more) {
		return nil, patternsTooLarge
	}
	return tree, ""
}

const patternsTooLarge = "the patterns of the document are too large"

var tooManyInstructions = fmt.Sprintf("the pattern takes more than %d instructions", maxInstructions)

// parsingEffort returns an upper bound of the effort for parsing a pattern, in instructions.
// Unicode classes are tables of hundreds of ranges, and a range of letters whose case is ignored is
// processed letter by letter.
func parsingEffort(text string) int {
	const (
		table   = 40 // instructions that a class such as \pL counts as
		letters = 64 // letters of a range with ignored case that count as one instruction
	)
	effort := len(text) + table*(strings.Count(text, `\p`)+strings.Count(text, `\P`))
	if !strings.Contains(text, "(?") {
		return effort // the pattern does not ignore case
	}
	return effort + strings.Count(text, "-")*int(greatestLetter(text))/letters
}

// greatestLetter returns an upper bound of the letters in a pattern, in any notation.
func greatestLetter(text string) rune {
	greatest := rune(0o777) // the greatest octal escape
	for i, letter := range text {
		greatest = max(greatest, letter)
		if hex, ok := strings.CutPrefix(text[i:], `\x{`); ok {
			digits, _, _ := strings.Cut(hex, "}")
			if n, err := strconv.ParseInt(digits, 16, 32); err == nil {
				greatest = max(greatest, min(rune(n), utf8.MaxRune))
			}
		}
	}
	return greatest
}

// mostEstimated is the limit for estimated instructions. An estimate may be twice the real number.
const mostEstimated = 2 * maxInstructions

// instructionsOf estimates the number of instructions of a pattern without expanding repetitions.
// The estimate is never too low.
func instructionsOf(tree *syntax.Regexp) int {
	sum := 2
	for _, sub := range tree.Sub {
		sum = min(sum+instructionsOf(sub), mostEstimated+1)
	}
	switch tree.Op {
	case syntax.OpLiteral:
		return len(tree.Rune)
	case syntax.OpCharClass:
		return 1 + len(tree.Rune)/16 // the size of an instruction grows with its ranges
	case syntax.OpRepeat:
		return min((sum-2)*max(tree.Min, tree.Max, 1)+max(0, tree.Max-tree.Min)+2, mostEstimated+1)
	case syntax.OpAlternate:
		return sum + len(tree.Sub)
	default:
		return sum
	}
}

// effortOf returns the Effort of a pattern. It is the number of instructions with which the pattern
// begins, plus the greatest number of instructions that can follow after one letter.
func effortOf(program *syntax.Prog) int {
	all := len(program.Inst)
	f := followers{program: program, seen: make([]int, all), left: 200 * all}
	var after [utf8.RuneSelf + 1]int // for each ASCII letter, and for all other letters together
	for i := range program.Inst {
		instruction := &program.Inst[i]
		switch instruction.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			count := f.count(instruction.Out)
			for letter := range after {
				if mayBe(instruction, letter) {
					after[letter] += count
				}
			}
		}
	}
	most := 0
	for _, count := range after {
		most = max(most, count)
	}
	effort := f.count(uint32(program.Start)) + most
	if f.left < 0 {
		return all
	}
	return min(effort, all)
}

// mayBe reports whether a letter can satisfy an instruction. utf8.RuneSelf stands for all letters
// outside of ASCII.
func mayBe(instruction *syntax.Inst, letter int) bool {
	if letter < utf8.RuneSelf {
		return instruction.MatchRune(rune(letter))
	}
	switch ranges := instruction.Rune; instruction.Op {
	case syntax.InstRune1:
		return ranges[0] >= utf8.RuneSelf
	case syntax.InstRune:
		return len(ranges) == 1 || len(ranges) > 0 && ranges[len(ranges)-1] >= utf8.RuneSelf
	default:
		return true
	}
}

// followers counts the instructions that can be reached from an instruction without reading a
// letter.
type followers struct {
	program *syntax.Prog
	seen    []int // for each instruction, the round in which it was counted last
	round   int
	left    int // steps that are left; negative if counting was given up
}

func (f *followers) count(from uint32) int {
	f.round++
	return f.walk(from)
}

func (f *followers) walk(from uint32) int {
	if f.left--; f.left < 0 || f.seen[from] == f.round {
		return 0
	}
	f.seen[from] = f.round
	switch instruction := &f.program.Inst[from]; instruction.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return 1 + f.walk(instruction.Out) + f.walk(instruction.Arg)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		return 1 + f.walk(instruction.Out)
	default:
		return 1
	}
}
