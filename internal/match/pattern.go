package match

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of patterns. An instruction is one of the program that package regexp makes of a pattern:
// about one for each letter, class and operator, and as many times as a repetition says.
const maxInstructions = 5_000 // of one pattern

// Pattern is a compiled regular expression.
type Pattern struct {
	*regexp.Regexp

	// Effort bounds how many instructions matching looks at for each byte of a text, whatever the
	// text says.
	Effort int
}

// CompilePattern compiles a pattern, in which case is ignored where fold is set, or returns what is
// wrong with it. It calls spend with the instructions that the pattern takes, and gives up when
// spend returns false.
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
	if _, plain := p.LiteralPrefix(); !plain { // package regexp searches for a plain one as for any text
		p.Effort = effortOf(program)
	}
	return p, ""
}

// parsePattern parses a pattern and spends what that and compiling it take. text is how the
// document writes it.
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

// parsingEffort bounds what parsing a pattern takes, in instructions, before it is parsed: classes
// of Unicode are tables of hundreds of ranges, and a range of letters whose case is ignored is
// walked through letter by letter.
func parsingEffort(text string) int {
	const (
		table   = 40 // a class such as \pL
		letters = 64 // of a range whose case is ignored, for one instruction
	)
	effort := len(text) + table*(strings.Count(text, `\p`)+strings.Count(text, `\P`))
	if !strings.Contains(text, "(?") {
		return effort // case counts
	}
	return effort + strings.Count(text, "-")*int(greatestLetter(text))/letters
}

// greatestLetter bounds the letters that a pattern writes, in whatever way.
func greatestLetter(text string) rune {
	greatest := rune(0o777) // what an octal number may amount to
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

// mostEstimated is where an estimate counts as too many: it may be twice as many as there are.
const mostEstimated = 2 * maxInstructions

// instructionsOf estimates how many instructions a pattern takes, before repetitions are written
// out. It never returns too few.
func instructionsOf(tree *syntax.Regexp) int {
	sum := 2
	for _, sub := range tree.Sub {
		sum = min(sum+instructionsOf(sub), mostEstimated+1)
	}
	switch tree.Op {
	case syntax.OpLiteral:
		return len(tree.Rune)
	case syntax.OpCharClass:
		return 1 + len(tree.Rune)/16 // it is as large as its ranges
	case syntax.OpRepeat:
		return min((sum-2)*max(tree.Min, tree.Max, 1)+max(0, tree.Max-tree.Min)+2, mostEstimated+1)
	case syntax.OpAlternate:
		return sum + len(tree.Sub)
	default:
		return sum
	}
}

// effortOf returns the Effort of a pattern: those instructions that the pattern begins
// with, and those that follow the instructions which a single letter satisfies.
func effortOf(program *syntax.Prog) int {
	all := len(program.Inst)
	f := followers{program: program, seen: make([]int, all), left: 200 * all}
	var after [utf8.RuneSelf + 1]int // for each letter of ASCII, and for all others together
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

// mayBe reports whether a letter satisfies an instruction; utf8.RuneSelf stands for every letter
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

// followers counts the instructions that one leads to without reading a letter.
type followers struct {
	program *syntax.Prog
	seen    []int // the round in which an instruction was counted last
	round   int
	left    int // steps to go; below 0, counting was given up
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
