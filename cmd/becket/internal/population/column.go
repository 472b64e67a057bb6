package population

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/becketflags/becket"
	"github.com/becketflags/becket/cmd/becket/internal/attribute"
	"github.com/becketflags/becket/internal/match"
)

// Column is an attribute and its distribution over a generated population.
type Column struct {
	name string
	draw func(*rand.Rand) (becket.Attribute, bool)
}

// Name returns the name of the attribute.
func (c *Column) Name() string { return c.name }

// ParseColumn reads NAME=DISTRIBUTION or NAME:TYPE=DISTRIBUTION. A distribution is one of
//
//	DE:30,FR:20,US:50     values with weights, by default 1; an empty value is a missing attribute
//	18..80                evenly distributed numbers or instants
//	0s..90d               instants, evenly distributed from 90 days before now until now
//	1..500:60,:40         a distribution as one of several values
//	normal(40,12)         normally distributed numbers with that mean and standard deviation
//
// Numbers are whole if both numbers of the distribution are whole.
func ParseColumn(text string, now time.Time) (Column, error) {
	name, spec, err := attribute.Split(text)
	if err != nil {
		return Column{}, err
	}
	c := Column{name: name.Name}
	switch {
	case name.Type == "json":
		a, err := name.Attribute(spec)
		c.draw = func(*rand.Rand) (becket.Attribute, bool) { return a, true }
		return c, err
	case strings.HasPrefix(spec, "normal("):
		c.draw, err = normal(name.Name, spec)
	default:
		c.draw, err = spread(name, spec, now)
	}
	return c, err
}

// spread reads one range, or values and ranges with weights.
func spread(name attribute.Name, spec string, now time.Time) (draw, error) {
	if !isRange(name, spec) {
		return choice(name, spec, now)
	}
	one, err := between(name.Name, spec, now)
	if err != nil && strings.ContainsAny(spec, ",:") {
		return choice(name, spec, now)
	}
	return one, err
}

func isRange(name attribute.Name, text string) bool {
	return name.Type != "string" && strings.Contains(text, "..")
}

type draw = func(*rand.Rand) (becket.Attribute, bool)

var normalSpec = regexp.MustCompile(`^normal\(([-+.0-9eE]+),\s*([.0-9eE]+)\)$`)

func normal(name, spec string) (draw, error) {
	m := normalSpec.FindStringSubmatch(spec)
	if m == nil {
		return nil, fmt.Errorf("attribute %q: %q is not normal(MEAN,DEVIATION)", name, spec)
	}
	mean, err := strconv.ParseFloat(m[1], 64)
	deviation, errDeviation := strconv.ParseFloat(m[2], 64)
	if err != nil || errDeviation != nil {
		return nil, fmt.Errorf("attribute %q: %q is not normal(MEAN,DEVIATION)", name, spec)
	}
	whole := mean == math.Trunc(mean) && deviation == math.Trunc(deviation)
	return func(r *rand.Rand) (becket.Attribute, bool) {
		value := mean + deviation*r.NormFloat64()
		if whole {
			value = math.Round(value)
		}
		return becket.Float(name, value), true
	}, nil
}

func between(name, spec string, now time.Time) (draw, error) {
	low, high, _ := strings.Cut(spec, "..")
	if from, err := strconv.ParseInt(low, 10, 64); err == nil {
		if to, err := strconv.ParseInt(high, 10, 64); err == nil && from <= to && uint64(to-from) < math.MaxInt64 {
			return func(r *rand.Rand) (becket.Attribute, bool) {
				return becket.Int64(name, from+r.Int64N(to-from+1)), true
			}, nil
		}
	}
	from, err := strconv.ParseFloat(low, 64)
	to, errTo := strconv.ParseFloat(high, 64)
	if err == nil && errTo == nil && from <= to {
		return func(r *rand.Rand) (becket.Attribute, bool) {
			return becket.Float(name, from+(to-from)*r.Float64()), true
		}, nil
	}
	start, err := time.Parse(time.RFC3339, low)
	end, errEnd := time.Parse(time.RFC3339, high)
	if err == nil && errEnd == nil && start.Before(end) {
		span := end.Sub(start)
		return func(r *rand.Rand) (becket.Attribute, bool) {
			return becket.Time(name, start.Add(time.Duration(r.Int64N(int64(span))))), true
		}, nil
	}
	youngest, ok := match.ParseDuration(low)
	oldest, okOldest := match.ParseDuration(high)
	if span := oldest - youngest; ok && okOldest && youngest <= oldest && span >= 0 && span < math.MaxInt64 {
		return func(r *rand.Rand) (becket.Attribute, bool) {
			return becket.Time(name, now.Add(-youngest-time.Duration(r.Int64N(int64(span)+1)))), true
		}, nil
	}
	return nil, fmt.Errorf("attribute %q: %q is not LOW..HIGH, of two numbers, two instants or two ages "+
		"such as 0s..90d", name, spec)
}

// option is a value or a range, and its weight.
type option struct {
	draw       draw
	cumulative float64
}

func missing(*rand.Rand) (becket.Attribute, bool) { return becket.Attribute{}, false }

func choice(name attribute.Name, spec string, now time.Time) (draw, error) {
	var options []option
	total := 0.0
	for text := range strings.SplitSeq(spec, ",") {
		one, weight, err := alternative(name, text, now)
		if err != nil {
			return nil, err
		}
		total += weight
		options = append(options, option{one, total})
	}
	if total <= 0 {
		return nil, fmt.Errorf("attribute %q: the weights must not all be 0", name.Name)
	}
	return func(r *rand.Rand) (becket.Attribute, bool) {
		at := r.Float64() * total
		for i := range options {
			if at < options[i].cumulative {
				return options[i].draw(r)
			}
		}
		return options[len(options)-1].draw(r)
	}, nil
}

// alternative reads a value or a range with its weight.
func alternative(name attribute.Name, text string, now time.Time) (draw, float64, error) {
	if isRange(name, text) {
		if whole, err := between(name.Name, text, now); err == nil {
			return whole, 1, nil // a colon in it belongs to an instant
		}
	}
	value, weight, err := weighted(text)
	if err != nil {
		return nil, 0, fmt.Errorf("attribute %q: %w", name.Name, err)
	}
	switch {
	case value == "":
		return missing, weight, nil
	case isRange(name, value):
		one, err := between(name.Name, value, now)
		return one, weight, err
	}
	a, err := name.Attribute(value)
	return func(*rand.Rand) (becket.Attribute, bool) { return a, true }, weight, err
}

// weighted reads VALUE:WEIGHT, or VALUE with a weight of 1.
func weighted(text string) (value string, weight float64, err error) {
	i := strings.LastIndexByte(text, ':')
	if _, err := time.Parse(time.RFC3339, text); i < 0 || err == nil {
		return text, 1, nil // the colon of an instant's offset is no weight
	}
	weight, err = strconv.ParseFloat(text[i+1:], 64)
	if err != nil {
		return text, 1, nil //nolint:nilerr // the colon belongs to the value
	}
	if weight < 0 || math.IsInf(weight, 0) || math.IsNaN(weight) {
		return "", 0, fmt.Errorf("the weight of %q must be a number of at least 0", text)
	}
	return text[:i], weight, nil
}
