# What Terraform makes of these, our own evaluation makes of them too.

output "o0" {
  value = 1 + 2 * 3 - 4 / 2
}

output "o1" {
  value = 7 % 3
}

output "o2" {
  value = -7 % 3
}

output "o3" {
  value = 1 / 4
}

output "o4" {
  value = 10 / 5
}

output "o5" {
  value = "a${1}b${true}c${1.5}"
}

output "o6" {
  value = "x" == "x" && 1 != 2 || false
}

output "o7" {
  value = !true
}

output "o8" {
  value = 1 == "1"
}

output "o9" {
  value = null == null
}

output "o10" {
  value = "" == null
}

output "o11" {
  value = [1, 2, 3][1]
}

output "o12" {
  value = { a = 1, "b" = 2, (format("%s", "c")) = 3 }
}

output "o13" {
  value = { a = { b = [1, { c = 2 }] } }.a.b[1].c
}

output "o14" {
  value = [for k, v in { b = 2, a = 1 } : "${k}=${v}"]
}

output "o15" {
  value = [for i, v in ["x", "y"] : "${i}${v}" if v != "x"]
}

output "o16" {
  value = { for v in ["x", "y"] : v => upper(v) }
}

output "o17" {
  value = { for v in ["xa", "xb", "y"] : substr(v, 0, 1) => v... }
}

output "o18" {
  value = [for s in toset(["b", "a", "b"]) : s]
}

output "o19" {
  value = [{ a = 1 }, { a = 2 }][*].a
}

output "o20" {
  value = { a = 1 }[*].a
}

output "o21" {
  value = null[*]
}

output "o22" {
  value = [[1, 2], [3]][*][0]
}

output "o23" {
  value = true ? "a" : "b"
}

output "o24" {
  value = false ? 1 : true ? 2 : 3
}

output "o25" {
  value = element(["a", "b", "c"], 4)
}

output "o26" {
  value = concat(["a"], [], ["b", "c"])
}

output "o27" {
  value = try({}.a, "none")
}

output "o28" {
  value = try([1][4], null)
}

output "o29" {
  value = can({ a = 1 }.a)
}

output "o30" {
  value = can({ a = 1 }.b)
}

output "o31" {
  value = coalesce(null, "", "x")
}

output "o32" {
  value = coalescelist([], ["a"])
}

output "o33" {
  value = lookup({ a = "1" }, "a", "0")
}

output "o34" {
  value = lookup({ a = "1" }, "b", "0")
}

output "o35" {
  value = merge({ a = 1, b = 2 }, { b = 3 }, null)
}

output "o36" {
  value = flatten([["a"], [["b"], []], "c"])
}

output "o37" {
  value = tolist(toset(["c", "a", "b"]))
}

output "o38" {
  value = length("héllo")
}

output "o39" {
  value = length({ a = 1 })
}

output "o40" {
  value = length([1, 2])
}

output "o41" {
  value = compact(["a", "", null, "b"])
}

output "o42" {
  value = one([])
}

output "o43" {
  value = one(["x"])
}

output "o44" {
  value = values({ b = 2, a = 1 })
}

output "o45" {
  value = keys({ b = 2, a = 1 })
}

output "o46" {
  value = zipmap(["a", "b"], [1, 2])
}

output "o47" {
  value = join("-", ["a", "b"], ["c"])
}

output "o48" {
  value = split(",", "a,b,,c")
}

output "o49" {
  value = split(",", "")
}

output "o50" {
  value = format("%s-%03d-%5.2f|%-5s|%5s|%v|%q|%%", "a", 7, 3.14159, "l", "r", [1, "x"], "q")
}

output "o51" {
  value = format("%d %x %t", 255, 255, true)
}

output "o52" {
  value = format("%v %v", 1.5, true)
}

output "o53" {
  value = formatlist("%s-%s", ["a", "b"], "x")
}

output "o54" {
  value = contains(["a"], "a")
}

output "o55" {
  value = contains([1], 2)
}

output "o56" {
  value = distinct(["b", "a", "b"])
}

output "o57" {
  value = slice(["a", "b", "c"], 1, 3)
}

output "o58" {
  value = range(3)
}

output "o59" {
  value = range(1, 4)
}

output "o60" {
  value = range(1, 8, 2)
}

output "o61" {
  value = range(4, 1)
}

output "o62" {
  value = range(0)
}

output "o63" {
  value = index(["a", "b"], "b")
}

output "o64" {
  value = lower("AbC")
}

output "o65" {
  value = upper("AbC")
}

output "o66" {
  value = title("hello wide world")
}

output "o67" {
  value = replace("hello", "l", "L")
}

output "o68" {
  value = replace("hello", "/l+/", "<$0>")
}

output "o69" {
  value = replace("a-b_c", "/([a-z])-([a-z])/", "$2-$1")
}

output "o70" {
  value = cidrsubnet("10.0.0.0/16", 8, 3)
}

output "o71" {
  value = cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)
}

output "o72" {
  value = cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)
}

output "o73" {
  value = cidrhost("10.12.127.0/20", 16)
}

output "o74" {
  value = cidrhost("10.12.127.0/20", -1)
}

output "o75" {
  value = cidrnetmask("172.16.0.0/12")
}

output "o76" {
  value = jsonencode({ b = [1, "x", null], a = { c = "<&>" } })
}

output "o77" {
  value = jsondecode("{\"a\": [1, {\"b\": null}]}")
}

output "o78" {
  value = min(3, 1, 2)
}

output "o79" {
  value = max(3, 1, 2)
}

output "o80" {
  value = sort(["b", "a", "C"])
}

output "o81" {
  value = reverse(["a", "b"])
}

output "o82" {
  value = setproduct(["a", "b"], ["x", "y"])
}

output "o83" {
  value = setunion(["a"], ["b", "a"])
}

output "o84" {
  value = setintersection(["a", "b"], ["b", "c"])
}

output "o85" {
  value = setsubtract(["a", "b"], ["b"])
}

output "o86" {
  value = startswith("hello", "he")
}

output "o87" {
  value = endswith("hello", "lo")
}

output "o88" {
  value = strcontains("hello", "ell")
}

output "o89" {
  value = trimprefix("hello", "he")
}

output "o90" {
  value = trimsuffix("hello", "lo")
}

output "o91" {
  value = trim("?!hello?!", "!?")
}

output "o92" {
  value = trimspace("  a  ")
}

output "o93" {
  value = chomp("a\n\n")
}

output "o94" {
  value = substr("hello", 1, 3)
}

output "o95" {
  value = substr("hello", -3, -1)
}

output "o96" {
  value = strrev("abc")
}

output "o97" {
  value = regex("[a-z]+", "12ab34")
}

output "o98" {
  value = regex("(\\d+)-(\\d+)", "10-20")
}

output "o99" {
  value = regex("(?P<a>\\d+)", "x12")
}

output "o100" {
  value = regexall("[a-z]", "1a2b")
}

output "o101" {
  value = tostring(5)
}

output "o102" {
  value = tostring(true)
}

output "o103" {
  value = tonumber("5.5")
}

output "o104" {
  value = tobool("true")
}

output "o105" {
  value = abs(-5)
}

output "o106" {
  value = ceil(1.2)
}

output "o107" {
  value = floor(1.8)
}

output "o108" {
  value = floor(-1.2)
}

output "o109" {
  value = sum([1, 2.5])
}

output "o110" {
  value = alltrue([true, "true"])
}

output "o111" {
  value = anytrue([])
}

output "o112" {
  value = matchkeys(["a", "b"], ["x", "y"], ["y"])
}

output "o113" {
  value = transpose({ a = ["x", "y"], b = ["y"] })
}

output "o114" {
  value = chunklist(["a", "b", "c"], 2)
}

output "o115" {
  value = base64encode("héllo")
}

output "o116" {
  value = base64decode("aGk=")
}

output "o117" {
  value = md5("a")
}

output "o118" {
  value = sha1("a")
}

output "o119" {
  value = sha256("a")
}

output "o120" {
  value = basename("/a/b/c.txt")
}

output "o121" {
  value = indent(2, "a\nb")
}

output "o122" {
  value = parseint("ff", 16)
}

output "o123" {
  value = "%{if true}x%{endif}" == "x" || true
}

output "o124" {
  value = <<-T
  a
    b
  T
}

output "o125" {
  value = length([for x in range(0, 10) : x if x % 2 == 0])
}

output "o126" {
  value = { for k, v in { a = { on = true }, b = { on = false } } : k => v if v.on }
}

output "o127" {
  value = [for a in ["x"] : [for b in ["y"] : "${a}${b}"]]
}

output "o128" {
  value = coalesce("", "a") == "a" ? { x = 1 } : { x = 2 }
}

output "o129" {
  value = 0.1 + 0.2
}

output "o130" {
  value = 1000000 * 1000000
}

output "o131" {
  value = 1000000 * 1000000
}

output "o132" {
  value = 0.1
}

output "o133" {
  value = "\u00e9\t\"\\"
}

output "o134" {
  value = "$${x} %%{y}"
}

output "o135" {
  value = toset([3, 1, 2])
}

output "o136" {
  value = tolist(["a", 1])
}

output "o137" {
  value = tomap({ a = 1 })
}

output "o138" {
  value = nonsensitive("a")
}

output "o139" {
  value = tostring(null)
}
