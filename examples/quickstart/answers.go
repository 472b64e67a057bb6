package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/becketflags/becket"
)

// These are the program's flags, declared once, with the values that they have if there is no
// ruleset.
var (
	newCheckout      = becket.BoolFlag{Key: "new-checkout"}
	expressDelivery  = becket.BoolFlag{Key: "express-delivery"}
	banner           = becket.StringFlag{Key: "banner", Default: "Welcome"}
	uploadLimit      = becket.IntFlag{Key: "upload-limit-mb", Default: 25}
	freeShippingFrom = becket.FloatFlag{Key: "free-shipping-from", Default: 49}
)

// subjects are two customers and an employee.
var subjects = []becket.Subject{
	becket.NewSubject("user-10", becket.String("country", "FR"), becket.String("plan", "plus")),
	becket.NewSubject("user-12",
		becket.String("country", "DE"), becket.String("city", "Berlin"), becket.String("plan", "free")),
	becket.NewSubject("user-7", becket.String("country", "DE"), becket.String("email", "kim@shop.example.com")),
}

// answer is the answer of one flag for one subject, with the value as text.
type answer struct {
	flag, value   string
	variant, rule string
	reason        becket.Reason
	tier          becket.Tier
}

// answers are the answers for one subject, in the order of the flags above.
type answers struct {
	subject becket.Subject
	list    []answer
}

// ask checks every flag for every subject. A program would write: if newCheckout.On(flags) { … }.
func ask(client *becket.Client) (all []answers) {
	for _, subject := range subjects {
		flags := client.For(subject)
		all = append(all, answers{subject, []answer{
			answerOf(newCheckout.Detail(flags)),
			answerOf(expressDelivery.Detail(flags)),
			answerOf(banner.Detail(flags)),
			answerOf(uploadLimit.Detail(flags)),
			answerOf(freeShippingFrom.Detail(flags)),
		}})
	}
	return all
}

func answerOf[T any](d becket.Detail[T]) answer {
	return answer{d.Flag, fmt.Sprint(d.Value), d.Variant, d.Rule, d.Reason, d.Tier}
}

// printLong writes all fields of each answer except its tier.
func printLong(out io.Writer, all []answers) {
	const row = "  %-20s%-13s%-10s%-13s%s\n"
	fmt.Fprintf(out, row, "FLAG", "VALUE", "VARIANT", "RULE", "REASON")
	for _, a := range all {
		fmt.Fprintln(out, describe(a.subject))
		for _, one := range a.list {
			rule := one.rule
			if rule == "" {
				rule = "-"
			}
			fmt.Fprintf(out, row, one.flag, one.value, one.variant, rule, one.reason)
		}
	}
}

// printShort writes one line for each subject, with the values and their tier.
func printShort(out io.Writer, all []answers) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "SUBJECT\tcheckout\texpress\tbanner\tupload\tshipping\tTIER")
	for _, a := range all {
		fmt.Fprint(table, a.subject.Key())
		for _, one := range a.list {
			fmt.Fprint(table, "\t", one.value)
		}
		fmt.Fprintln(table, "\t"+a.list[0].tier.String())
	}
}

func describe(subject becket.Subject) string {
	var words []string
	for name, value := range subject.All { // the last value first
		words = append(words, name+" "+value.Text())
	}
	slices.Reverse(words)
	return subject.Key() + " (" + strings.Join(words, ", ") + ")"
}

// same counts the answers that are equal or differ only in the tier.
func same(now, before []answers) (same, total int) {
	for i := range now {
		for j, one := range now[i].list {
			one.tier = before[i].list[j].tier
			if one == before[i].list[j] {
				same++
			}
			total++
		}
	}
	return same, total
}
