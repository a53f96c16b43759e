"""The audit of refined signals: does every recording still show, where and when its labels say, what they say?"""
