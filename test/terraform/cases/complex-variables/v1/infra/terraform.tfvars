o   = { name = "v1" }
n   = null
t   = "a$${b} %%{c} \\ \" é"
any = { a = [1, "two", true, null], b = 1.50 }
s   = ["z", "a"]
big = "012345678901"
